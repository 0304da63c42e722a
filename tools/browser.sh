#!/usr/bin/env bash
# Browser tests drive a real Chromium with Chinese fonts from the system's packages.
set -euo pipefail
find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_chinese() { command -v fc-list >/dev/null && fc-list :lang=zh | grep -q .; }
if find_chromium >/dev/null && has_chinese; then exit 0; fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="$(command -v sudo || true)"
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || [ -n "$as_root" ]; }; then
  echo "installing Chromium and Chinese fonts from the system's packages …"
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq >/dev/null
  $as_root apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
fi
find_chromium >/dev/null || echo "no Chromium found: the browser tests will be skipped, by name"
