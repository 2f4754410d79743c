// The commands: what the core needs to know of each before its handler runs.
#include <algorithm>
#include <array>

#include "proto/wire/reader.h"
#include "server/base/limits.h"
#include "server/smb/core_handlers.h"
#include "server/smb/dispatch.h"
#include "server/smb/file_handlers.h"
#include "server/smb/pipe_handlers.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::kHeaderBytes;

uint64_t U32At(absl::Span<const uint8_t> message, size_t offset) {
  proto::Reader reader(message);
  reader.Skip(offset);
  return reader.U32();
}

// Fixed parts of responses, and what goes with them.
constexpr size_t kCreateBound = kHeaderBytes + 32 + Response::kErrorDataMax + 256;
constexpr size_t kSessionSetupBound = kHeaderBytes + 16 + limits::security_buffer_bytes_max;
constexpr size_t kFixedBound = kHeaderBytes + 64;

// What a response with a buffer of at most `data` bytes needs; a client that asks for more than it
// may is refused by the handler, so the room is not for it to choose.
size_t Bounded(uint64_t data, size_t data_max) {
  return kFixedBound + static_cast<size_t>(std::min<uint64_t>(data, data_max));
}

size_t CreateBound(absl::Span<const uint8_t>) { return kCreateBound; }
size_t NegotiateBound(absl::Span<const uint8_t>) { return 1024; }
size_t SessionSetupBound(absl::Span<const uint8_t> message) {
  // Our tokens are small, but Kerberos may echo what the client sent.
  return std::min(kSessionSetupBound, 4096 + message.size());
}

size_t ReadBound(absl::Span<const uint8_t> message) {
  return Bounded(U32At(message, 68), limits::read_bytes_max);
}
size_t ReadPayload(absl::Span<const uint8_t> message) { return U32At(message, 68); }
size_t WritePayload(absl::Span<const uint8_t> message) { return U32At(message, 68); }

size_t QueryDirectoryBound(absl::Span<const uint8_t> message) {
  return Bounded(U32At(message, 92), limits::transact_bytes_max);
}
size_t QueryDirectoryPayload(absl::Span<const uint8_t> message) { return U32At(message, 92); }

size_t ChangeNotifyBound(absl::Span<const uint8_t> message) {
  return Bounded(U32At(message, 68), limits::transact_bytes_max);
}
size_t ChangeNotifyPayload(absl::Span<const uint8_t> message) { return U32At(message, 68); }

size_t QueryInfoBound(absl::Span<const uint8_t> message) {
  return Bounded(U32At(message, 68), limits::transact_bytes_max);
}
size_t QueryInfoPayload(absl::Span<const uint8_t> message) {
  return std::max(U32At(message, 68), U32At(message, 76));
}

size_t SetInfoPayload(absl::Span<const uint8_t> message) { return U32At(message, 68); }

size_t IoctlBound(absl::Span<const uint8_t> message) {
  return Bounded(U32At(message, 108), limits::transact_bytes_max);
}
size_t IoctlPayload(absl::Span<const uint8_t> message) {
  return std::max(U32At(message, 92) + U32At(message, 104),
                  U32At(message, 96) + U32At(message, 108));
}

// clang-format off
constexpr std::array<CommandRow, proto::kCommandCount> kCommands = {{
    // command               session tree   file id    modify bound                payload                handler               on IPC$
    {Command::kNegotiate,      false, false, kNoFileId, false, NegotiateBound,      nullptr,               HandleNegotiate,      nullptr},
    {Command::kSessionSetup,   false, false, kNoFileId, false, SessionSetupBound,   nullptr,               HandleSessionSetup,   nullptr},
    {Command::kLogoff,         true,  false, kNoFileId, false, nullptr,             nullptr,               HandleLogoff,         nullptr},
    {Command::kTreeConnect,    true,  false, kNoFileId, false, nullptr,             nullptr,               HandleTreeConnect,    nullptr},
    {Command::kTreeDisconnect, true,  true,  kNoFileId, false, nullptr,             nullptr,               HandleTreeDisconnect, HandleTreeDisconnect},
    {Command::kCreate,         true,  true,  kNoFileId, false, CreateBound,         nullptr,               HandleCreate,         HandlePipeCreate},
    {Command::kClose,          true,  true,  72,        false, nullptr,             nullptr,               HandleClose,          HandlePipeClose},
    {Command::kFlush,          true,  true,  72,        false, nullptr,             nullptr,               HandleFlush,          HandlePipeFlush},
    {Command::kRead,           true,  true,  80,        false, ReadBound,           ReadPayload,           HandleRead,           HandlePipeRead},
    {Command::kWrite,          true,  true,  80,        true,  nullptr,             WritePayload,          HandleWrite,          HandlePipeWrite},
    {Command::kLock,           true,  true,  72,        false, nullptr,             nullptr,               HandleLock,           nullptr},
    {Command::kIoctl,          true,  true,  kNoFileId, false, IoctlBound,          IoctlPayload,          HandleIoctl,          HandleIoctl},
    {Command::kCancel,         false, false, kNoFileId, false, nullptr,             nullptr,               nullptr,              nullptr},
    {Command::kEcho,           false, false, kNoFileId, false, nullptr,             nullptr,               HandleEcho,           HandleEcho},
    {Command::kQueryDirectory, true,  true,  72,        false, QueryDirectoryBound, QueryDirectoryPayload, HandleQueryDirectory, nullptr},
    {Command::kChangeNotify,   true,  true,  72,        false, ChangeNotifyBound,   ChangeNotifyPayload,   HandleChangeNotify,   nullptr},
    {Command::kQueryInfo,      true,  true,  88,        false, QueryInfoBound,      QueryInfoPayload,      HandleQueryInfo,      HandlePipeQueryInfo},
    {Command::kSetInfo,        true,  true,  80,        true,  nullptr,             SetInfoPayload,        HandleSetInfo,        nullptr},
    {Command::kOplockBreak,    true,  true,  kNoFileId, false, nullptr,             nullptr,               HandleOplockBreak,    nullptr},
}};
// clang-format on

constexpr bool RowsMatchOpcodes() {
  for (size_t i = 0; i < kCommands.size(); ++i) {
    if (static_cast<size_t>(kCommands[i].command) != i) return false;
  }
  return true;
}
static_assert(RowsMatchOpcodes(), "a command's row is found by its opcode");

}  // namespace

absl::Span<const CommandRow> Commands() { return kCommands; }

}  // namespace sluice::smb
