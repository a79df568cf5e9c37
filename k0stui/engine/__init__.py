"""The loops: observe, follow logs, carry out a plan. They know ports, never the world behind them."""
