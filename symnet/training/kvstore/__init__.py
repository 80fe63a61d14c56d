"""Key-value stores: how devices and processes share arrays."""

from .base import AbstractKVStore
from .choice import KVStore, StoreChoice, check_kvstore, choose_kvstore
from .functions import (
    barrier,
    get_num_workers,
    get_rank,
    get_type,
    init,
    pull,
    push,
    set_optimizer,
    set_updater,
)

__all__ = [
    "AbstractKVStore",
    "KVStore",
    "StoreChoice",
    "barrier",
    "check_kvstore",
    "choose_kvstore",
    "get_num_workers",
    "get_rank",
    "get_type",
    "init",
    "pull",
    "push",
    "set_optimizer",
    "set_updater",
]
