#include "hsm/api/protocol.hpp"

#include <algorithm>

#include "runtime/base/assert.hpp"

namespace conclave::hsm::api {
namespace {

constexpr std::array<std::string_view, kOperationCount> kNames = {
    "status",          "tenant.create",     "content_key.create", "content_key.open",
    "segment.seal",    "segment.open",      "row.seal",           "row.open",
    "row.mac",         "row.check",         "password.mac",       "access.issue",
    "audit.head",      "tls.sign",          "public_key.get",     "cert.issue",
    "room_key.delete", "author_key.delete", "epoch.turn",         "keyring.copy",
    "keyring.confirm", "anchor.read",       "anchor.move",        "command.issue",
    "reuse.mac",
};

constexpr std::size_t kMaxListed = 100'000;  // keys, counters, warnings in a status
constexpr std::size_t kMaxCertificate = 64 * 1024;

Bytes copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

void write_texts(base::ByteWriter& out, const std::vector<std::string>& texts) {
  out.u32(static_cast<std::uint32_t>(texts.size()));
  for (const auto& text : texts) out.run(text);
}

std::vector<std::string> read_texts(base::ByteReader& in, std::size_t most) {
  const std::size_t count = in.u32();
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count && i < most && in.ok(); ++i) {
    texts.emplace_back(in.text(kMaxSmallText));
  }
  if (count > most) in.raw(in.remaining() + 1);  // makes the reader fail
  return texts;
}

}  // namespace

std::string_view operation_name(Operation operation) {
  const auto index = static_cast<std::size_t>(operation);
  return index >= 1 && index <= kOperationCount ? kNames[index - 1] : "unknown";
}

void write(base::ByteWriter& out, const ContentKeyName& name) {
  out.u64(name.tenant.value).u64(name.room.value).u64(name.author.value).u32(name.generation);
}

ContentKeyName read_content_key_name(base::ByteReader& in) {
  ContentKeyName name;
  name.tenant.value = in.u64();
  name.room.value = in.u64();
  name.author.value = in.u64();
  name.generation = in.u32();
  return name;
}

void write(base::ByteWriter& out, const AuditAnchor& anchor) {
  out.u64(anchor.number).raw(anchor.chain);
}

AuditAnchor read_audit_anchor(base::ByteReader& in) {
  AuditAnchor anchor;
  anchor.number = in.u64();
  std::ranges::copy(in.raw(anchor.chain.size()), anchor.chain.begin());
  return anchor;
}

void write_key_id(base::ByteWriter& out, const KeyId& id) {
  out.raw(id);
}

KeyId read_key_id(base::ByteReader& in) {
  KeyId id{};
  std::ranges::copy(in.raw(id.size()), id.begin());
  return id;
}

void write(base::ByteWriter& out, const std::vector<SealItem>& items) {
  out.u16(static_cast<std::uint16_t>(items.size()));
  for (const auto& item : items) out.u64(item.key.value).run(item.header).run(item.plaintext);
}

void write(base::ByteWriter& out, const std::vector<OpenItem>& items) {
  out.u16(static_cast<std::uint16_t>(items.size()));
  for (const auto& item : items) out.u64(item.key.value).run(item.segment);
}

void write(base::ByteWriter& out, const std::vector<RowItem>& rows) {
  out.u16(static_cast<std::uint16_t>(rows.size()));
  for (const auto& row : rows) {
    out.u64(row.tenant.value).u64(row.author.value);
    out.run(row.table).run(row.row_id).run(row.column).u64(row.version).run(row.content);
  }
}

std::size_t read_count(base::ByteReader& in) {
  const std::size_t count = in.u16();
  if (count <= kMaxItems) return count;
  in.raw(in.remaining() + 1);
  return 0;
}

SealItemView read_seal_item(base::ByteReader& in) {
  SealItemView item;
  item.key.value = in.u64();
  item.header = in.run(kMaxSegmentPlaintext);
  item.plaintext = in.run(kMaxSegmentPlaintext);
  return item;
}

OpenItemView read_open_item(base::ByteReader& in) {
  OpenItemView item;
  item.key.value = in.u64();
  item.segment = in.run(2 * kMaxSegmentPlaintext);
  return item;
}

RowItemView read_row_item(base::ByteReader& in) {
  RowItemView row;
  row.tenant.value = in.u64();
  row.author.value = in.u64();
  row.table = in.text(kMaxSmallText);
  row.row_id = in.text(kMaxSmallText);
  row.column = in.text(kMaxSmallText);
  row.version = in.u64();
  row.content = in.run(kMaxRowContent + kNonceSize + kTagSize);
  return row;
}

void write(base::ByteWriter& out, const AccessClaims& claims) {
  out.u64(claims.tenant.value).u64(claims.user.value).u64(claims.device.value);
  out.u64(claims.session.value).raw(claims.device_key_digest).u64(claims.generation);
  out.run(claims.audience);
}

AccessClaims read_access_claims(base::ByteReader& in) {
  AccessClaims claims;
  claims.tenant.value = in.u64();
  claims.user.value = in.u64();
  claims.device.value = in.u64();
  claims.session.value = in.u64();
  std::ranges::copy(in.raw(claims.device_key_digest.size()), claims.device_key_digest.begin());
  claims.generation = in.u64();
  claims.audience = in.text(kMaxSmallText);
  return claims;
}

void write(base::ByteWriter& out, const CommandRequest& request) {
  out.run(request.document).run(request.target.content).run(request.target.mac);
  out.u8(static_cast<std::uint8_t>(request.signers.size()));
  for (const auto& signer : request.signers) {
    out.run(signer.device.content).run(signer.device.mac);
    out.run(signer.user.content).run(signer.user.mac).run(signer.signature);
  }
}

CommandRequest read_command_request(base::ByteReader& in) {
  const auto row = [&in] {
    PowerRow out;
    out.content = copy(in.run(kMaxRowContent));
    out.mac = copy(in.run(kMaxSmallText));
    return out;
  };
  CommandRequest request;
  request.document = copy(in.run(kMaxOrderDocument));
  request.target = row();
  const std::size_t signers = in.u8();
  if (signers > kMaxOrderSigners) in.raw(in.remaining() + 1);  // makes the reader fail
  for (std::size_t i = 0; i < signers && in.ok(); ++i) {
    CommandSigner signer;
    signer.device = row();
    signer.user = row();
    signer.signature = copy(in.run(kMaxSmallText));
    request.signers.push_back(std::move(signer));
  }
  return request;
}

void write(base::ByteWriter& out, const CertificateRequest& request) {
  out.run(request.profile).run(request.spki);
  write_texts(out, request.dns_names);
  write_texts(out, request.ip_addresses);
}

CertificateRequest read_certificate_request(base::ByteReader& in) {
  CertificateRequest request;
  request.profile = in.text(kMaxSmallText);
  request.spki = copy(in.run(kMaxSmallText));
  request.dns_names = read_texts(in, kMaxItems);
  request.ip_addresses = read_texts(in, kMaxItems);
  return request;
}

void write(base::ByteWriter& out, const TokenStatus& status) {
  out.u8(status.ready ? 1 : 0).run(status.reason).run(status.module).run(status.manufacturer);
  out.run(status.token_label).run(status.serial);
  write_texts(out, status.warnings);
  out.u32(static_cast<std::uint32_t>(status.keys.size()));
  for (const auto& key : status.keys) {
    out.run(key.label).run(key.type).run(key.mechanism);
    out.u8(key.sensitive ? 1 : 0).u8(key.extractable ? 1 : 0).i64(key.created_ms);
  }
  out.u32(static_cast<std::uint32_t>(status.counters.size()));
  for (const auto& [name, calls] : status.counters) out.run(name).u64(calls);
}

TokenStatus read_token_status(base::ByteReader& in) {
  TokenStatus status;
  status.ready = in.u8() == 1;
  status.reason = in.text(4 * kMaxSmallText);
  status.module = in.text(8 * kMaxSmallText);
  status.manufacturer = in.text(kMaxSmallText);
  status.token_label = in.text(kMaxSmallText);
  status.serial = in.text(kMaxSmallText);
  status.warnings = read_texts(in, kMaxItems);
  const std::size_t keys = in.u32();
  for (std::size_t i = 0; i < keys && i < kMaxListed && in.ok(); ++i) {
    KeyInfo key;
    key.label = in.text(kMaxSmallText);
    key.type = in.text(kMaxSmallText);
    key.mechanism = in.text(kMaxSmallText);
    key.sensitive = in.u8() == 1;
    key.extractable = in.u8() == 1;
    key.created_ms = in.i64();
    status.keys.push_back(std::move(key));
  }
  const std::size_t counters = in.u32();
  for (std::size_t i = 0; i < counters && i < kMaxListed && in.ok(); ++i) {
    std::string name(in.text(kMaxSmallText));
    const auto calls = in.u64();
    status.counters.emplace_back(std::move(name), calls);
  }
  return status;
}

void write(base::ByteWriter& out, const EpochReport& report) {
  out.u32(report.old_epoch).u32(report.new_epoch).u64(report.resealed).i64(report.destroy_after_ms);
}

EpochReport read_epoch_report(base::ByteReader& in) {
  EpochReport report;
  report.old_epoch = in.u32();
  report.new_epoch = in.u32();
  report.resealed = in.u64();
  report.destroy_after_ms = in.i64();
  return report;
}

void write(base::ByteWriter& out, const IssuedCertificate& issued) {
  out.run(issued.leaf).u32(static_cast<std::uint32_t>(issued.chain.size()));
  for (const auto& certificate : issued.chain) out.run(certificate);
}

IssuedCertificate read_issued_certificate(base::ByteReader& in) {
  IssuedCertificate issued;
  issued.leaf = copy(in.run(kMaxCertificate));
  const std::size_t count = in.u32();
  for (std::size_t i = 0; i < count && i < kMaxItems && in.ok(); ++i) {
    issued.chain.push_back(copy(in.run(kMaxCertificate)));
  }
  return issued;
}

void write_outcome(base::ByteWriter& out, const Result<Bytes>& outcome) {
  out.u8(outcome ? 1 : 0);
  if (outcome) {
    out.run(*outcome);
  } else {
    write_error(out, outcome.error());
  }
}

Result<Bytes> read_outcome(base::ByteReader& in) {
  if (in.u8() == 1) return copy(in.run(kMaxReplyFrame));
  return std::unexpected(read_error(in));
}

}  // namespace conclave::hsm::api
