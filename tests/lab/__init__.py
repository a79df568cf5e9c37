"""A lab of real hosts: systemd, sshd, journald and etcd in systemd-nspawn, with faults on demand. See README.md."""
