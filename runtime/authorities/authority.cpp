#include "runtime/authorities/authority.hpp"

#include "runtime/identity/row_form.hpp"

namespace conclave::authorities {

namespace {

Bytes owned(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

store::Record encode(const Authority& authority) {
  const identity::RowForm form{store::RecordKind::authority, authority.tenant, authority.id.value,
                               0, authority.version};
  base::ByteWriter out = identity::begin_row(form);
  out.i64(authority.changed_ms).u64(authority.by.value).u64(authority.by_tenant.value);
  out.run(authority.certificate).run(authority.revocations);
  return identity::finish_row(form, std::move(out));
}

Result<Authority> decode(const store::Record& record) {
  base::ByteReader in(record.content);
  if (!identity::read_head(in, record, store::RecordKind::authority) || record.sub != 0) {
    return fail(base::kMalformed, "authority head");
  }
  Authority out;
  out.tenant = record.tenant;
  out.id = AuthorityId{record.id};
  out.version = record.version;
  out.changed_ms = in.i64();
  out.by = UserId{in.u64()};
  out.by_tenant = TenantId{in.u64()};
  out.certificate = owned(in.run(kMostPemBytes));
  out.revocations = owned(in.run(kMostListPemBytes));
  if (!in.done()) return fail(base::kMalformed, "authority");
  return out;
}

}  // namespace conclave::authorities
