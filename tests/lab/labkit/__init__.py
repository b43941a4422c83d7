"""The test lab: real hosts (systemd, sshd, apt) on one machine, for tests and the demo."""
