# What cffi makes of the public headers: csrc/include/lockfree/api and csrc/collector/collector.h say what is in it.
from typing import Any

ffi: Any
lib: Any
