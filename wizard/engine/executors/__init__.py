"""Executors: where shards are built and checked. The run loop knows them by one Protocol."""
