"""A web collector: pages send events over HTTP, every worker process emits them into its own lock-free lane.

    page (s.js) -> POST /e -> worker's lane -> native drain -> segments -> dedupe by (uid, page, n)

Run it with ``python -m examples.beacon``. One idea a module: `batch` (bytes of a request to events), `app` (the ASGI
application), `worker` and `supervisor` (processes), `watch` (what a directory holds, live), `terminal` (the line that
moves), `dedupe` (the reader).
"""
