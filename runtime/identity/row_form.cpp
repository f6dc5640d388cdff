#include "runtime/identity/row_form.hpp"

namespace conclave::identity {

namespace {

constexpr std::string_view kMagic = "CVR1";

}  // namespace

base::ByteWriter begin_row(const RowForm& form) {
  base::ByteWriter out(160);
  out.raw(kMagic).u8(static_cast<std::uint8_t>(form.kind)).u64(form.tenant.value);
  out.u64(form.id).u64(form.sub).u64(form.version);
  return out;
}

store::Record finish_row(const RowForm& form, base::ByteWriter out) {
  store::Record record;
  record.kind = form.kind;
  record.tenant = form.tenant;
  record.id = form.id;
  record.sub = form.sub;
  record.version = form.version;
  record.content = out.take();
  return record;
}

bool read_head(base::ByteReader& in, const store::Record& record, store::RecordKind kind) {
  const ByteView magic = in.raw(kMagic.size());
  const bool known = in.ok() && base::as_text(magic) == kMagic;
  const std::uint8_t stored_kind = in.u8();
  const bool same_tenant = in.u64() == record.tenant.value;
  const bool same_id = in.u64() == record.id;
  const bool same_sub = in.u64() == record.sub;
  const bool same_version = in.u64() == record.version;
  return in.ok() && known && stored_kind == static_cast<std::uint8_t>(kind) &&
         record.kind == kind && same_tenant && same_id && same_sub && same_version;
}

}  // namespace conclave::identity
