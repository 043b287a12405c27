"""The device half of the sync; its modules are imported one by one, so that a program pays only for what it uses.

Programs take `identity.Identity`, `client.ApiClient`, `store.DeviceStore`, `mirror.Mirror`, `outbox.Outbox`, `worker.SyncWorker`
and the values of `events`.
"""
