#include "proto/smb2/negotiate_contexts.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr size_t kContextHeaderBytes = 8;

// Reads `count` ids; none at all is an error.
AlgorithmIds ReadIds(size_t count, Reader& r) {
  AlgorithmIds ids;
  if (count == 0 || r.remaining() < count * 2) {
    r.Fail();
    return ids;
  }
  ids.reserve(count);
  for (size_t i = 0; i < count; ++i) ids.push_back(r.U16());
  return ids;
}

void WriteIds(const AlgorithmIds& ids, Writer& w) {
  for (const uint16_t id : ids) w.U16(id);
}

// Each decoder reads the data of one context; its result is whether this kind may come.
bool DecodePreauthIntegrity(Reader& r, NegotiateContexts* out) {
  if (out->preauth_integrity.has_value()) return false;
  PreauthIntegrityContext& context = out->preauth_integrity.emplace();
  const uint16_t count = r.U16();
  const uint16_t salt_length = r.U16();
  context.hash_algorithms = ReadIds(count, r);
  context.salt = r.Bytes(salt_length);
  return true;
}

// ENCRYPTION and SIGNING: a count and that many ids.
bool DecodeIdList(Reader& r, std::optional<AlgorithmIds>* out) {
  if (out->has_value()) return false;
  const uint16_t count = r.U16();
  out->emplace(ReadIds(count, r));
  return true;
}

bool DecodeCompression(Reader& r, NegotiateContexts* out) {
  if (out->compression.has_value()) return false;
  CompressionContext& context = out->compression.emplace();
  const uint16_t count = r.U16();
  r.Skip(2);
  context.flags = r.U32();
  context.algorithms = ReadIds(count, r);
  return true;
}

bool DecodeRdmaTransform(Reader& r, NegotiateContexts* out) {
  if (out->rdma_transforms.has_value()) return false;
  const uint16_t count = r.U16();
  r.Skip(6);
  out->rdma_transforms = ReadIds(count, r);
  return true;
}

bool DecodeOne(uint16_t type, absl::Span<const uint8_t> data, NegotiateContexts* out) {
  Reader r(data);
  bool allowed = true;
  switch (static_cast<NegotiateContextType>(type)) {
    case NegotiateContextType::kPreauthIntegrity:
      allowed = DecodePreauthIntegrity(r, out);
      break;
    case NegotiateContextType::kEncryption:
      allowed = DecodeIdList(r, &out->ciphers);
      break;
    case NegotiateContextType::kCompression:
      allowed = DecodeCompression(r, out);
      break;
    case NegotiateContextType::kNetname:
      out->netname = data;
      break;
    case NegotiateContextType::kTransport:
      out->transport_flags = r.U32();
      break;
    case NegotiateContextType::kRdmaTransform:
      allowed = DecodeRdmaTransform(r, out);
      break;
    case NegotiateContextType::kSigning:
      allowed = DecodeIdList(r, &out->signing_algorithms);
      break;
    case NegotiateContextType::kPosix:
      out->posix = data;
      break;
    default:
      out->unknown.push_back({type, data});
      break;
  }
  return allowed && r.ok();
}

// Writes the header of a context, whose data `write` appends.
template <typename Write>
void EncodeOne(NegotiateContextType type, Writer& w, Write write) {
  w.AlignTo(8);
  const size_t start = w.size();
  w.U16(static_cast<uint16_t>(type));
  w.Zeros(6);
  write();
  const size_t length = w.ok() ? w.size() - start - kContextHeaderBytes : 0;
  if (length > UINT16_MAX) w.Fail();
  w.PatchU16(start + 2, static_cast<uint16_t>(length));
}

void EncodeIdList(NegotiateContextType type, const AlgorithmIds& ids, Writer& w) {
  EncodeOne(type, w, [&] {
    w.Checked16(ids.size());
    WriteIds(ids, w);
  });
}

}  // namespace

size_t NegotiateContexts::count() const {
  return size_t{preauth_integrity.has_value()} + size_t{ciphers.has_value()} +
         size_t{compression.has_value()} + size_t{netname.has_value()} +
         size_t{transport_flags.has_value()} + size_t{rdma_transforms.has_value()} +
         size_t{signing_algorithms.has_value()} + size_t{posix.has_value()} + unknown.size();
}

bool NegotiateContexts::Decode(absl::Span<const uint8_t> message, size_t offset, size_t count,
                               NegotiateContexts* out) {
  *out = {};
  Reader r(message);
  r.Seek(offset);
  if (offset % 8 != 0) return false;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) r.AlignTo(8);
    const uint16_t type = r.U16();
    const uint16_t length = r.U16();
    r.Skip(4);
    const absl::Span<const uint8_t> data = r.Bytes(length);
    if (!r.ok() || !DecodeOne(type, data, out)) return false;
  }
  return r.ok();
}

void NegotiateContexts::Encode(Writer& w) const {
  if (preauth_integrity.has_value()) {
    EncodeOne(NegotiateContextType::kPreauthIntegrity, w, [&] {
      w.Checked16(preauth_integrity->hash_algorithms.size());
      w.Checked16(preauth_integrity->salt.size());
      WriteIds(preauth_integrity->hash_algorithms, w);
      w.Bytes(preauth_integrity->salt);
    });
  }
  if (ciphers.has_value()) EncodeIdList(NegotiateContextType::kEncryption, *ciphers, w);
  if (compression.has_value()) {
    EncodeOne(NegotiateContextType::kCompression, w, [&] {
      w.Checked16(compression->algorithms.size());
      w.U16(0);
      w.U32(compression->flags);
      WriteIds(compression->algorithms, w);
    });
  }
  if (netname.has_value()) {
    EncodeOne(NegotiateContextType::kNetname, w, [&] { w.Bytes(*netname); });
  }
  if (transport_flags.has_value()) {
    EncodeOne(NegotiateContextType::kTransport, w, [&] { w.U32(*transport_flags); });
  }
  if (rdma_transforms.has_value()) {
    EncodeOne(NegotiateContextType::kRdmaTransform, w, [&] {
      w.Checked16(rdma_transforms->size());
      w.Zeros(6);
      WriteIds(*rdma_transforms, w);
    });
  }
  if (signing_algorithms.has_value()) {
    EncodeIdList(NegotiateContextType::kSigning, *signing_algorithms, w);
  }
  if (posix.has_value()) EncodeOne(NegotiateContextType::kPosix, w, [&] { w.Bytes(*posix); });
  for (const UnknownNegotiateContext& context : unknown) {
    EncodeOne(static_cast<NegotiateContextType>(context.type), w, [&] { w.Bytes(context.data); });
  }
}

}  // namespace sluice::proto
