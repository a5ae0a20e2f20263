#!/bin/sh
# tools/setup.sh GROUP [GROUP]: makes .venv with lockfree (editable) and the dependency groups of pyproject.toml.
# Needs Python >= 3.11 with venv and headers, a C compiler, and the network the first time; says what is missing and
# which Debian package brings it. PYTHON=... chooses the interpreter. Does nothing when nothing has changed.
set -eu
cd "$(dirname "$0")/.."

probe='
import sys, sysconfig, os
if sys.version_info < (3, 11): sys.exit("python %d.%d is older than 3.11: install python3 from Debian 12 or later" % sys.version_info[:2])
missing = []
try: import venv, ensurepip
except ImportError: missing.append("venv (Debian package python3-venv)")
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")): missing.append("Python.h (Debian package python3-dev)")
if missing: sys.exit("lacks " + " and ".join(missing))
print(sys.version_info[:2], sys.base_prefix)
'

python='' identity='' refusals=''
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 /usr/local/bin/python3 /usr/bin/python3}; do
  if answer=$("$candidate" -c "$probe" 2>&1); then
    python=$candidate identity=$answer
    break
  elif command -v "$candidate" >/dev/null; then
    refusals="$refusals
  $candidate: $(printf '%s' "$answer" | tail -n 1)"
  fi
done
if [ -z "$python" ]; then
  echo "setup: no Python >= 3.11 with venv and headers${refusals:-: install python3, python3-venv, python3-dev}" >&2
  echo "setup: on Debian: apt-get install python3 python3-venv python3-dev; or say PYTHON=/path/to/python3" >&2
  exit 1
fi

compiler=${CC:-cc}
# shellcheck disable=SC2086 # CC may carry options
if ! printf '#include <stdatomic.h>\n#include <stdio.h>\n' | $compiler -std=gnu11 -E - >/dev/null 2>&1; then
  if command -v ${compiler%% *} >/dev/null; then
    echo "setup: $compiler finds no <stdio.h> or <stdatomic.h> (Debian package libc6-dev)" >&2
  else
    echo "setup: no C compiler '$compiler' (Debian package gcc; or say CC=clang)" >&2
  fi
  exit 1
fi

wanted="$identity $compiler $(cksum pyproject.toml tools/setup.sh | cksum)"
groups='' stamps=''
for group in "$@"; do
  [ "$(cat ".venv/ready-$group" 2>/dev/null)" = "$wanted" ] || groups="$groups --group $group" stamps="$stamps .venv/ready-$group"
done
[ -n "$groups" ] || exit 0

# Anew where it is another Python's, or was moved: its scripts begin with their absolute path.
if [ "$(.venv/bin/python -c "$probe" 2>&1)" != "$identity" ] || ! grep -q "^#!$PWD/.venv/" .venv/bin/pip; then
  rm -rf .venv
  "$python" -m venv .venv
fi
echo "setup: installing what '$*' needs into .venv (a minute or so the first time)" >&2
PATH="$PWD/.venv/bin:$PATH"
export PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
pip() { .venv/bin/python -m pip "$@"; }
# shellcheck disable=SC2086 # a list of options
if ! { pip install -qq --upgrade 'pip>=25.1' && pip install -qq --group build $groups; }; then
  echo "setup: pip could not install; is a package index reachable (PIP_INDEX_URL, proxy)?" >&2
  exit 1
fi
pip install -qq --no-build-isolation -e . -C builddir=build/venv
.venv/bin/python -c 'import lockfree._core' # compiles now rather than under the first caller
for stamp in $stamps; do echo "$wanted" >"$stamp"; done
