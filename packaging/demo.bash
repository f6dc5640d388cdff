# The first admin, the demo tenant and how to sign in. Sourced by quickstart, whose variables and
# functions it uses. Passwords lie in STATE/admin/demo, mode 0600, so that a second run can show
# them.
# shellcheck shell=bash disable=SC2154

demo_domain=demo.local
demo_people=(alice bob)

ctl() { "$bin/conclavectl" --home "$state/admin" "$@"; }

# 25 letters and digits, 125 random bits, in groups that can be read aloud.
random_password() {
  head -c 16 /dev/urandom | base32 | tr -d '=' | tr '[:upper:]' '[:lower:]' | cut -c1-25 \
    | sed -E 's/(.{5})/\1-/g; s/-$//'
}

# The file with an account's password, made when missing.
password_file() { # <name>
  local file=$state/admin/demo/$1.password
  if [ ! -s "$file" ]; then
    (umask 077 && mkdir -p "$state/admin/demo" && random_password >"$file.new")
    mv "$file.new" "$file"
  fi
  printf '%s' "$file"
}

make_admin() {
  if done_already admin; then return 0; fi
  local password
  password=$(password_file admin)
  if [ -s "$state/run/setup" ]; then
    ctl setup --state "$state" --name admin --password-file "$password" >/dev/null \
      || die "the first admin could not be made; see $state/log/conclave.log"
  elif ! ctl whoami >/dev/null 2>&1; then
    # The account exists, this shell's device key was not yet written.
    ctl sign-in admin@provider.local --state "$state" --password-file "$password" >/dev/null \
      || die "the admin cannot sign in; --reset begins anew"
  fi
  mark_done admin
}

as_person() { # <name> <command...>
  local name=$1
  shift
  "$bin/conclave" --home "$state/admin/demo/devices" --device "$name" "$@"
}

make_person() { # <name>
  local password
  password=$(password_file "$1")
  ctl --tenant "$demo_domain" user show "$1" >/dev/null 2>&1 && return 0
  ctl --tenant "$demo_domain" user create "$1" --display-name "${1^}" \
    --password-file "$password" >/dev/null || die "the demo user $1 could not be made"
}

sign_in_person() { # <name>
  as_person "$1" rooms >/dev/null 2>&1 && return 0
  rm -rf "$state/admin/demo/devices/$1"
  (umask 077 && mkdir -p "$state/admin/demo/devices")
  as_person "$1" sign-in "$1@$demo_domain" --server "wss://localhost:$(configured port)" \
    --ca "$state/authority/root.pem" --name quickstart <"$(password_file "$1")" >/dev/null \
    || die "$1@$demo_domain cannot sign in; see $state/log/conclave.log"
}

make_room() {
  sign_in_person alice
  sign_in_person bob
  if ! as_person alice rooms 2>/dev/null | grep -q Lobby; then
    as_person alice create Lobby --open --invite "bob@$demo_domain" >/dev/null \
      || die "the demo room could not be made"
  fi
  as_person bob history Lobby >/dev/null 2>&1 || as_person bob accept Lobby >/dev/null \
    || die "bob could not join the demo room"
  as_person alice send Lobby "Welcome to the lobby." >/dev/null || die "nothing can be sent"
}

make_demo() {
  make_admin
  if done_already demo; then return 0; fi
  say "Making the tenant $demo_domain with ${demo_people[*]} and the room Lobby"
  ctl tenant show "$demo_domain" >/dev/null 2>&1 \
    || ctl tenant create "$demo_domain" >/dev/null || die "the demo tenant could not be made"
  local name
  for name in "${demo_people[@]}"; do make_person "$name"; done
  make_room
  mark_done demo
}

say_how_to_sign_in() {
  local server name
  server=wss://localhost:$(configured port)
  printf '\nConclave runs at https://localhost:%s (and %s/ws)\n' "$(configured port)" "$server"
  printf '  state folder  %s\n  log           %s/log/conclave.log\n\n' "$state" "$state"
  printf 'A first conversation, each person and device in a terminal of its own:\n\n'
  printf '  export PATH="%s:%sPATH"\n' "$bin" '$'
  for name in "${demo_people[@]}"; do
    printf '  conclave --device %s-laptop sign-in %s@%s --server %s --ca %s\n' \
      "$name" "$name" "$demo_domain" "$server" "$state/authority/root.pem"
    printf '      password: %s\n' "$(cat "$(password_file "$name")")"
    printf '  conclave --device %s-laptop chat Lobby\n\n' "$name"
  done
  printf 'Another --device (alice-phone) is another device: the same rooms, messages and marks.\n\n'
  printf 'Administration:\n\n'
  printf '  conclavectl --home %s/admin status\n' "$state"
  printf '  conclavectl doctor --state %s\n\n' "$state"
  printf 'Stop with %s --stop' "$0"
  [ "$state" = "$default_state" ] || printf ' --state %s' "$state"
  printf '\n'
}
