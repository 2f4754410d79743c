#include "proto/rpc/srvsvc.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "proto/rpc/ndr.h"
#include "proto/rpc/pdu.h"

namespace sluice::proto::rpc::srvsvc {
namespace {

constexpr uint32_t kNoPreferredLength = 0xFFFFFFFF;

CallResult Fault(uint32_t status) {
  CallResult result;
  result.fault = status;
  return result;
}

CallResult Respond(NdrWriter& w, uint32_t error) {
  w.U32(error);
  CallResult result;
  result.stub = w.Take();
  return result;
}

// The members that each level of SHARE_INFO has, in this order. [MS-SRVS] 2.2.4.22 to 2.2.4.29.
struct ShareLevel {
  uint32_t level;
  bool name;
  bool type_and_comment;
  bool uses_path_and_password;
  bool security_descriptor;
  bool flags;
  bool enumerable;
};

constexpr ShareLevel kShareLevels[] = {
    {0, true, false, false, false, false, true}, {1, true, true, false, false, false, true},
    {2, true, true, true, false, false, true},   {501, true, true, false, false, true, true},
    {502, true, true, true, true, false, true},  {1005, false, false, false, false, true, false},
};

const ShareLevel* FindShareLevel(uint32_t level) {
  for (const ShareLevel& row : kShareLevels) {
    if (row.level == level) return &row;
  }
  return nullptr;
}

void WriteShareFixed(const ShareLevel& level, const ShareDescription& share, NdrWriter& w) {
  if (level.name) w.Pointer(true);
  if (level.type_and_comment) {
    w.U32(share.type);
    w.Pointer(true);
  }
  if (level.uses_path_and_password) {
    w.U32(0);  // permissions, of share-level security only
    w.U32(share.uses_max);
    w.U32(share.uses);
    w.Pointer(true);
    w.Pointer(false);  // password
  }
  if (level.security_descriptor) {
    w.U32(static_cast<uint32_t>(share.security_descriptor.size()));
    w.Pointer(!share.security_descriptor.empty());
  }
  if (level.flags) w.U32(share.flags);
}

// What the pointers of the fixed part point to.
void WriteShareReferents(const ShareLevel& level, const ShareDescription& share, NdrWriter& w) {
  if (level.name) w.String(share.name);
  if (level.type_and_comment) w.String(share.comment);
  if (level.uses_path_and_password) w.String(share.path);
  if (level.security_descriptor && !share.security_descriptor.empty()) {
    w.ByteArray(share.security_descriptor);
  }
}

bool EqualWithoutCase(absl::string_view a, absl::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

const ShareDescription* FindShare(const ServerDescription& server, absl::string_view name) {
  for (const ShareDescription& share : server.shares) {
    if (EqualWithoutCase(share.name, name)) return &share;
  }
  return nullptr;
}

void WriteResumeHandle(bool present, NdrWriter& w) {
  w.Pointer(present);
  if (present) w.U32(0);
}

CallResult ShareEnum(absl::Span<const uint8_t> stub, const ServerDescription& server) {
  NdrReader r(stub);
  r.UniqueString();
  const uint32_t level_number = r.U32();
  const uint32_t arm = r.U32();
  if (r.Pointer()) {
    r.U32();  // the count of an array that only the server fills
    if (r.Pointer()) r.Fail();
  }
  r.U32();  // preferred length: the list is short enough to be given at once
  const bool has_resume = r.Pointer();
  const uint32_t resume = has_resume ? r.U32() : 0;
  if (!r.ok() || arm != level_number) return Fault(fault_status::kBadStubData);

  NdrWriter w;
  w.U32(level_number);
  w.U32(level_number);
  const ShareLevel* level = FindShareLevel(level_number);
  if (level == nullptr || !level->enumerable) {
    w.Pointer(false);
    w.U32(0);
    WriteResumeHandle(has_resume, w);
    return Respond(w, win_error::kInvalidLevel);
  }
  const auto all = absl::MakeConstSpan(server.shares);
  const auto shares = all.subspan(std::min<size_t>(resume, all.size()));
  w.Pointer(true);
  w.U32(static_cast<uint32_t>(shares.size()));
  w.Pointer(true);
  w.U32(static_cast<uint32_t>(shares.size()));
  for (const ShareDescription& share : shares) WriteShareFixed(*level, share, w);
  for (const ShareDescription& share : shares) WriteShareReferents(*level, share, w);
  w.U32(static_cast<uint32_t>(shares.size()));
  WriteResumeHandle(has_resume, w);
  return Respond(w, win_error::kSuccess);
}

CallResult ShareGetInfo(absl::Span<const uint8_t> stub, const ServerDescription& server) {
  NdrReader r(stub);
  r.UniqueString();
  const std::string name = r.String();
  const uint32_t level_number = r.U32();
  if (!r.ok()) return Fault(fault_status::kBadStubData);

  NdrWriter w;
  w.U32(level_number);
  const ShareLevel* level = FindShareLevel(level_number);
  const ShareDescription* share = FindShare(server, name);
  w.Pointer(level != nullptr && share != nullptr);
  if (level == nullptr) return Respond(w, win_error::kInvalidLevel);
  if (share == nullptr) return Respond(w, win_error::kNetNameNotFound);
  WriteShareFixed(*level, *share, w);
  WriteShareReferents(*level, *share, w);
  return Respond(w, win_error::kSuccess);
}

// SERVER_INFO_100, 101 and 102, [MS-SRVS] 2.2.4.40 to 2.2.4.42.
CallResult ServerGetInfo(absl::Span<const uint8_t> stub, const ServerDescription& server) {
  NdrReader r(stub);
  r.UniqueString();
  const uint32_t level = r.U32();
  if (!r.ok()) return Fault(fault_status::kBadStubData);

  NdrWriter w;
  w.U32(level);
  const bool known = level >= 100 && level <= 102;
  w.Pointer(known);
  if (!known) return Respond(w, win_error::kInvalidLevel);
  w.U32(server.platform_id);
  w.Pointer(true);
  if (level >= 101) {
    w.U32(server.version_major);
    w.U32(server.version_minor);
    w.U32(server.type);
    w.Pointer(true);
  }
  if (level >= 102) {
    w.U32(0xFFFFFFFF);  // users: no limit
    w.U32(15);          // minutes until an idle session may be disconnected
    w.U32(0);           // visible
    w.U32(240);         // announcements: seconds, and their jitter in milliseconds
    w.U32(3000);
    w.U32(0);  // licenses
    w.Pointer(true);
  }
  w.String(server.name);
  if (level >= 101) w.String(server.comment);
  if (level >= 102) w.String("C:\\");
  return Respond(w, win_error::kSuccess);
}

void WriteServerName(absl::string_view server_name, NdrWriter& w) {
  const std::string unc = "\\\\" + std::string(server_name.data(), server_name.size());
  w.UniqueString(unc);
}

}  // namespace

CallResult Handle(uint16_t operation, absl::Span<const uint8_t> stub,
                  const ServerDescription& server) {
  switch (static_cast<Operation>(operation)) {
    case Operation::kNetrShareEnum:
      return ShareEnum(stub, server);
    case Operation::kNetrShareGetInfo:
      return ShareGetInfo(stub, server);
    case Operation::kNetrServerGetInfo:
      return ServerGetInfo(stub, server);
  }
  return Fault(fault_status::kOperationRange);
}

std::vector<uint8_t> EncodeShareEnumRequest(absl::string_view server_name, uint32_t level) {
  NdrWriter w;
  WriteServerName(server_name, w);
  w.U32(level);
  w.U32(level);
  w.Pointer(true);
  w.U32(0);
  w.Pointer(false);
  w.U32(kNoPreferredLength);
  w.Pointer(true);
  w.U32(0);
  return w.Take();
}

std::vector<uint8_t> EncodeShareGetInfoRequest(absl::string_view server_name,
                                               absl::string_view share, uint32_t level) {
  NdrWriter w;
  WriteServerName(server_name, w);
  w.String(share);
  w.U32(level);
  return w.Take();
}

std::vector<uint8_t> EncodeServerGetInfoRequest(absl::string_view server_name, uint32_t level) {
  NdrWriter w;
  WriteServerName(server_name, w);
  w.U32(level);
  return w.Take();
}

bool DecodeShareEnumResponse1(absl::Span<const uint8_t> stub, std::vector<ShareInfo1>* shares,
                              uint32_t* error) {
  constexpr size_t kFixedBytes = 12;
  shares->clear();
  NdrReader r(stub);
  const uint32_t level = r.U32();
  const uint32_t arm = r.U32();
  if (!r.ok() || level != 1 || arm != 1) return false;
  if (r.Pointer()) {
    const uint32_t entries = r.U32();
    if (r.Pointer()) {
      const uint32_t count = r.U32();
      if (!r.ok() || count != entries || count > r.remaining() / kFixedBytes) return false;
      shares->resize(count);
      std::vector<std::pair<bool, bool>> present;
      for (ShareInfo1& share : *shares) {
        const bool name = r.Pointer();
        share.type = r.U32();
        const bool comment = r.Pointer();
        present.emplace_back(name, comment);
      }
      for (size_t i = 0; i < present.size(); ++i) {
        if (present[i].first) (*shares)[i].name = r.String();
        if (present[i].second) (*shares)[i].comment = r.String();
      }
    }
  }
  r.U32();  // total entries
  if (r.Pointer()) r.U32();
  *error = r.U32();
  return r.ok();
}

}  // namespace sluice::proto::rpc::srvsvc
