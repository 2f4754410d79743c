// FSCTLs about the connection and the server rather than a file.
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/smb2/fsctl.h"
#include "server/session/negotiation.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/refusal.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

constexpr uint64_t kSlowestLink = 1'000'000'000;  // where the driver does not say, as for loopback

// Bits per second.
uint64_t LinkSpeed(const std::string& interface) {
  const std::string path = "/sys/class/net/" + interface + "/speed";
  long megabits = 0;
  if (FILE* file = std::fopen(path.c_str(), "re"); file != nullptr) {
    if (std::fscanf(file, "%ld", &megabits) != 1) megabits = 0;
    std::fclose(file);
  }
  return megabits > 0 ? static_cast<uint64_t>(megabits) * 1'000'000 : kSlowestLink;
}

bool Convert(const ifaddrs& from, proto::NetworkInterfaceInfo* to) {
  if (from.ifa_addr == nullptr || (from.ifa_flags & IFF_UP) == 0) return false;
  if (from.ifa_addr->sa_family == AF_INET) {
    sockaddr_in address;
    std::memcpy(&address, from.ifa_addr, sizeof(address));
    std::memcpy(to->address.data(), &address.sin_addr, 4);
  } else if (from.ifa_addr->sa_family == AF_INET6) {
    sockaddr_in6 address;
    std::memcpy(&address, from.ifa_addr, sizeof(address));
    if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) return false;
    to->ipv6 = true;
    std::memcpy(to->address.data(), &address.sin6_addr, 16);
  } else {
    return false;
  }
  to->if_index = if_nametoindex(from.ifa_name);
  to->link_speed = LinkSpeed(from.ifa_name);
  return true;
}

// Addresses that a client could connect to. Blocks.
std::vector<proto::NetworkInterfaceInfo> ListInterfaces() {
  ifaddrs* all = nullptr;
  std::vector<proto::NetworkInterfaceInfo> found;
  std::vector<proto::NetworkInterfaceInfo> loopback;
  if (getifaddrs(&all) != 0) return found;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, freeifaddrs);
  for (const ifaddrs* entry = all; entry != nullptr; entry = entry->ifa_next) {
    proto::NetworkInterfaceInfo info;
    if (!Convert(*entry, &info)) continue;
    ((entry->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : found).push_back(info);
  }
  return found.empty() ? loopback : found;
}

}  // namespace

ring::Task<NtStatus> FsctlValidateNegotiateInfo(FsctlCall& call) {
  proto::ValidateNegotiateInfoRequest request;
  proto::ValidateNegotiateInfoResponse response;
  if (!proto::ValidateNegotiateInfoRequest::Decode(call.input, &request) ||
      !session::ValidateNegotiate(call.request.negotiated.terms(), request,
                                  static_cast<uint32_t>(call.output.size()), &response)) {
    EndConnection(call.request.connection, &call.request.header,
                  "what it validates is not what was negotiated ([MS-SMB2] 3.3.5.15.12)");
    co_return NtStatus::kAccessDenied;
  }
  proto::Writer writer(call.output);
  response.Encode(writer);
  call.output_bytes = writer.size();
  // Who could forge this answer could have changed the negotiation.
  call.request.chain->ForceSignature();
  co_return NtStatus::kOk;
}

ring::Task<NtStatus> FsctlQueryNetworkInterfaceInfo(FsctlCall& call) {
  if (call.request.connection.dialect() < proto::Dialect::kSmb300) {
    co_return NtStatus::kInvalidDeviceRequest;
  }
  if (call.request.open != nullptr) co_return NtStatus::kInvalidParameter;
  auto operation = call.request.loop.Offload(nullptr, [] { return ListInterfaces(); });
  const std::vector<proto::NetworkInterfaceInfo> interfaces = co_await operation;
  proto::Writer writer(call.output);
  proto::EncodeNetworkInterfaces(interfaces, writer);
  if (!writer.ok()) co_return NtStatus::kBufferTooSmall;
  call.output_bytes = writer.size();
  co_return NtStatus::kOk;
}

// There is no DFS here.
ring::Task<NtStatus> FsctlDfsGetReferrals(FsctlCall&) { co_return NtStatus::kFsDriverRequired; }

}  // namespace sluice::smb
