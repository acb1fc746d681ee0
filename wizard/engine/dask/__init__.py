"""The engine "dask": calls are made by workers of Dask, on any hosts that see the same folders.

Dask decides which worker makes a call, and makes it again elsewhere if that worker is lost. In each worker, calls are
made in processes of our own (`in_worker.py`), so that a crashing decoder costs neither the worker nor its other calls.
"""
