"""What keeps a running assistant trustworthy: the check at start, reloading, forgetting, backups, load and audits."""
