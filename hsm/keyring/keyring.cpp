#include "hsm/keyring/keyring.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"
#include "hsm/keyring/sealed_blob.hpp"
#include "runtime/base/random.hpp"

namespace conclave::hsm::keyring {

Result<std::unique_ptr<Keyring>> Keyring::open(const KeyringOptions& options) {
  auto file = KeyringFile::open(options.file);
  if (!file) return std::unexpected(std::move(file).error());
  return std::unique_ptr<Keyring>(new Keyring(std::move(*file), options));
}

Keyring::Keyring(KeyringFile file, const KeyringOptions& options)
    : file_(std::move(file)),
      options_(options),
      parents_(options.parents_loaded,
               [this](const pkcs11::KeyHandle& key) { token_->release(key); }) {}

std::string Keyring::kek_label(TenantId tenant) {
  return "kek." + base::to_text(tenant);
}

std::string Keyring::ek_label(TenantId tenant, std::uint32_t epoch) {
  return "ek." + base::to_text(tenant) + "." + std::to_string(epoch);
}

Result<void> Keyring::create_tenant(TenantId tenant, std::int64_t now_ms) {
  const auto row = file_.tenant(tenant);
  if (!row) return std::unexpected(row.error());
  if (*row && (*row)->destroyed) return fail(api::kKeyDestroyed, base::to_text(tenant));
  if (*row) return {};
  const auto kek = kek_label(tenant);
  const auto ek = ek_label(tenant, 0);
  // A crash between token and file leaves keys without a row; they are taken up here.
  if (!token_->has(kek)) {
    const auto made = token_->generate(pkcs11::TokenKey::wrapping, kek);
    if (!made) return std::unexpected(made.error());
  }
  if (!token_->has(ek)) {
    const auto made = token_->generate(pkcs11::TokenKey::sealing, ek);
    if (!made) return std::unexpected(made.error());
  }
  CONCLAVE_TRY(file_.note_token_key(kek, now_ms));
  CONCLAVE_TRY(file_.note_token_key(ek, now_ms));
  return file_.add_tenant(tenant);
}

Result<TenantRow> Keyring::live_tenant(TenantId tenant) {
  auto row = file_.tenant(tenant);
  if (!row) return std::unexpected(std::move(row).error());
  if (!*row) return fail(api::kKeyMissing, base::to_text(tenant));
  if ((*row)->destroyed) return fail(api::kKeyDestroyed, base::to_text(tenant));
  return **row;
}

Result<Bytes> Keyring::seal_outer(const ParentName& name, std::uint32_t epoch, ByteView wrapped) {
  const auto ek = token_->find(ek_label(name.tenant, epoch));
  if (!ek) return std::unexpected(ek.error());
  return seal_blob(*token_, *ek, parent_aad(name, epoch), wrapped);
}

Result<Bytes> Keyring::open_outer(const ParentRow& row) {
  const auto label = ek_label(row.name.tenant, row.epoch);
  const auto ek = token_->find(label);
  if (!ek) {
    // The file is older than the token: its epoch is gone, and with it all that it sealed.
    if (ek.error().is(api::kKeyMissing)) return fail(api::kKeyDestroyed, label);
    return std::unexpected(ek.error());
  }
  return open_blob(*token_, *ek, parent_aad(row.name, row.epoch), row.blob);
}

Result<pkcs11::KeyHandle> Keyring::make_parent(const ParentName& name,
                                               std::vector<ParentRow>& fresh) {
  const auto deleted = file_.was_deleted(name);
  if (!deleted) return std::unexpected(deleted.error());
  if (*deleted) return fail(api::kKeyDestroyed, "deleted");
  const auto tenant = live_tenant(name.tenant);
  if (!tenant) return std::unexpected(tenant.error());
  const auto kek = token_->find(kek_label(name.tenant));
  if (!kek) return std::unexpected(kek.error());
  const auto type =
      name.kind == ParentKind::room ? pkcs11::SessionKey::room : pkcs11::SessionKey::author;
  const auto made = token_->generate_wrapped(type, *kek);
  if (!made) return std::unexpected(made.error());
  const auto epoch = tenant->next_epoch.value_or(tenant->epoch);
  auto blob = seal_outer(name, epoch, made->blob);
  if (!blob) {
    token_->release(made->key);
    return std::unexpected(std::move(blob).error());
  }
  fresh.push_back({name, epoch, std::move(*blob)});
  return made->key;
}

Result<pkcs11::KeyHandle> Keyring::parent(const ParentName& name, std::vector<ParentRow>* fresh) {
  if (const auto* loaded = parents_.find(name)) return *loaded;
  const auto row = file_.parent(name);
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    if (fresh == nullptr) {
      const auto deleted = file_.was_deleted(name);
      if (!deleted) return std::unexpected(deleted.error());
      return fail(*deleted ? api::kKeyDestroyed : api::kKeyMissing, "parent key");
    }
    return make_parent(name, *fresh);
  }
  const auto wrapped = open_outer(**row);
  if (!wrapped) return std::unexpected(wrapped.error());
  const auto kek = token_->find(kek_label(name.tenant));
  if (!kek) return std::unexpected(kek.error());
  const auto type =
      name.kind == ParentKind::room ? pkcs11::SessionKey::room : pkcs11::SessionKey::author;
  const auto key = token_->unwrap(type, *kek, *wrapped);
  if (!key) return std::unexpected(key.error());
  return parents_.put(name, *key);
}

Result<NewContent> Keyring::create_content_key(const api::ContentKeyName& name) {
  const ParentName room{name.tenant, ParentKind::room, name.room.value, name.generation};
  const ParentName author{name.tenant, ParentKind::author, name.author.value, 0};
  std::vector<ParentRow> fresh;
  const auto room_key = parent(room, &fresh);
  if (!room_key) return std::unexpected(room_key.error());
  const bool room_is_fresh = !fresh.empty();
  const auto author_key = parent(author, &fresh);
  if (!author_key) {
    if (room_is_fresh) token_->release(*room_key);
    return std::unexpected(author_key.error());
  }
  if (!fresh.empty()) {
    const auto committed = file_.put_parents(fresh);
    if (!committed) {
      if (room_is_fresh) token_->release(*room_key);
      if (fresh.back().name == author) token_->release(*author_key);
      return std::unexpected(committed.error());
    }
    if (room_is_fresh) parents_.put(room, *room_key);
    if (fresh.back().name == author) parents_.put(author, *author_key);
  }
  const auto made = token_->generate_wrapped(pkcs11::SessionKey::content, *room_key);
  if (!made) return std::unexpected(made.error());
  NewContent out;
  out.key = made->key;
  base::system_random().fill(out.id);
  auto blob = seal_blob(*token_, *author_key,
                        content_aad(name.tenant, out.id, name.generation, name.room, name.author),
                        made->blob);
  if (!blob) {
    token_->release(made->key);
    return std::unexpected(std::move(blob).error());
  }
  out.blob = std::move(*blob);
  return out;
}

namespace {

// Content whose parent is gone is unreadable for good, whatever the reason.
Error unreadable(const Error& error) {
  return error.is(api::kKeyMissing) ? Error(api::kKeyDestroyed, error.detail()) : error;
}

}  // namespace

Result<pkcs11::KeyHandle> Keyring::open_content_key(const api::ContentKeyName& name,
                                                    const api::KeyId& id, ByteView blob) {
  const auto author_key = parent({name.tenant, ParentKind::author, name.author.value, 0}, nullptr);
  if (!author_key) return std::unexpected(unreadable(author_key.error()));
  const auto wrapped =
      open_blob(*token_, *author_key,
                content_aad(name.tenant, id, name.generation, name.room, name.author), blob);
  if (!wrapped) return std::unexpected(wrapped.error());
  const auto room_key =
      parent({name.tenant, ParentKind::room, name.room.value, name.generation}, nullptr);
  if (!room_key) return std::unexpected(unreadable(room_key.error()));
  return token_->unwrap(pkcs11::SessionKey::content, *room_key, *wrapped);
}

Result<pkcs11::KeyHandle> Keyring::author_key(TenantId tenant, UserId author, bool create) {
  const ParentName name{tenant, ParentKind::author, author.value, 0};
  std::vector<ParentRow> fresh;
  auto key = parent(name, create ? &fresh : nullptr);
  if (!key || fresh.empty()) return key;
  const auto committed = file_.put_parents(fresh);
  if (!committed) {
    token_->release(*key);
    return std::unexpected(committed.error());
  }
  return parents_.put(name, *key);
}

Result<void> Keyring::delete_room(TenantId tenant, RoomId room, std::int64_t now_ms) {
  parents_.drop_if([&](const ParentName& name, const auto&) {
    return name.tenant == tenant && name.kind == ParentKind::room && name.id == room.value;
  });
  return file_.delete_parent(tenant, ParentKind::room, room.value, now_ms);
}

Result<void> Keyring::delete_author(TenantId tenant, UserId author, std::int64_t now_ms) {
  parents_.drop({tenant, ParentKind::author, author.value, 0});
  return file_.delete_parent(tenant, ParentKind::author, author.value, now_ms);
}

}  // namespace conclave::hsm::keyring
