"""What a service needs: environments as they are described, solved into locks, and realised on this machine."""
