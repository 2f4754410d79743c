#include "proto/smb2/fsctl.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr uint16_t kFamilyInet = 0x0002;
constexpr uint16_t kFamilyInet6 = 0x0017;
constexpr size_t kSockaddrStorageBytes = 128;

bool ReadSockaddr(Reader& r, NetworkInterfaceInfo* out) {
  Reader address(r.Bytes(kSockaddrStorageBytes));
  const uint16_t family = address.U16();
  address.Skip(2);  // port
  out->ipv6 = family == kFamilyInet6;
  if (out->ipv6) {
    address.Skip(4);  // flow information
    out->address = address.Array<16>();
    return address.ok();
  }
  const std::array<uint8_t, 4> ipv4 = address.Array<4>();
  out->address = {ipv4[0], ipv4[1], ipv4[2], ipv4[3]};
  return address.ok() && family == kFamilyInet;
}

void WriteSockaddr(const NetworkInterfaceInfo& interface, Writer& w) {
  const size_t end = w.size() + kSockaddrStorageBytes;
  w.U16(interface.ipv6 ? kFamilyInet6 : kFamilyInet);
  w.U16(0);
  if (interface.ipv6) {
    w.U32(0);
    w.Bytes(interface.address);
  } else {
    w.Bytes(absl::MakeConstSpan(interface.address).subspan(0, 4));
  }
  if (w.ok()) w.Zeros(end - w.size());
}

}  // namespace

bool ValidateNegotiateInfoRequest::Decode(absl::Span<const uint8_t> input,
                                          ValidateNegotiateInfoRequest* out) {
  Reader r(input);
  out->capabilities = r.U32();
  out->guid = r.Array<16>();
  out->security_mode = r.U16();
  const uint16_t count = r.U16();
  out->dialects.clear();
  if (!r.ok() || r.remaining() < size_t{count} * 2) return false;
  for (uint16_t i = 0; i < count; ++i) out->dialects.push_back(r.U16());
  return r.ok();
}

void ValidateNegotiateInfoRequest::Encode(Writer& w) const {
  w.U32(capabilities);
  w.Bytes(guid);
  w.U16(security_mode);
  w.Checked16(dialects.size());
  for (const uint16_t dialect : dialects) w.U16(dialect);
}

bool ValidateNegotiateInfoResponse::Decode(absl::Span<const uint8_t> output,
                                           ValidateNegotiateInfoResponse* out) {
  Reader r(output);
  out->capabilities = r.U32();
  out->guid = r.Array<16>();
  out->security_mode = r.U16();
  out->dialect = r.U16();
  return r.ok();
}

void ValidateNegotiateInfoResponse::Encode(Writer& w) const {
  w.U32(capabilities);
  w.Bytes(guid);
  w.U16(security_mode);
  w.U16(dialect);
}

bool DecodeNetworkInterfaces(absl::Span<const uint8_t> output, NetworkInterfaceList* out) {
  out->clear();
  size_t start = 0;
  for (;;) {
    if (start > output.size()) return false;
    Reader r(output.subspan(start));
    const uint32_t next = r.U32();
    NetworkInterfaceInfo interface;
    interface.if_index = r.U32();
    interface.capability = r.U32();
    r.Skip(4);
    interface.link_speed = r.U64();
    if (!ReadSockaddr(r, &interface) || !r.ok()) return false;
    out->push_back(interface);
    if (next == 0) return true;
    // At least one entry further, so the walk ends.
    if (next < NetworkInterfaceInfo::kBytes) return false;
    start += next;
  }
}

void EncodeNetworkInterfaces(absl::Span<const NetworkInterfaceInfo> interfaces, Writer& w) {
  for (size_t i = 0; i < interfaces.size(); ++i) {
    const NetworkInterfaceInfo& interface = interfaces[i];
    w.U32(i + 1 < interfaces.size() ? NetworkInterfaceInfo::kBytes : 0);
    w.U32(interface.if_index);
    w.U32(interface.capability);
    w.U32(0);
    w.U64(interface.link_speed);
    WriteSockaddr(interface, w);
  }
}

}  // namespace sluice::proto
