"""Real Xen hosts under QEMU, made from Debian's packages: `make lab`, docs/lab.md."""
