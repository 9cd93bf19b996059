"""How many: the rules that scale a service, the arithmetic of waiting, and a simulator; pure, time is an argument."""
