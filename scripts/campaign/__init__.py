"""What scripts/gpu_campaign.py does: steps as data (`plan.py`), each in a module of its kind, their state on disk."""
