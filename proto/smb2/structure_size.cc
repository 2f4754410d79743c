#include "proto/smb2/structure_size.h"

#include <array>

#include "proto/smb2/header.h"

namespace sluice::proto {
namespace {

constexpr std::array<StructureSizes, kCommandCount> kTable{{
    {Command::kNegotiate, "NEGOTIATE", 36, 65, 0, 0},
    {Command::kSessionSetup, "SESSION_SETUP", 25, 9, 0, 0},
    {Command::kLogoff, "LOGOFF", 4, 4, 0, 0},
    {Command::kTreeConnect, "TREE_CONNECT", 9, 16, 0, 0},
    {Command::kTreeDisconnect, "TREE_DISCONNECT", 4, 4, 0, 0},
    {Command::kCreate, "CREATE", 57, 89, 0, 0},
    {Command::kClose, "CLOSE", 24, 60, 0, 0},
    {Command::kFlush, "FLUSH", 24, 4, 0, 0},
    {Command::kRead, "READ", 49, 17, 0, 0},
    {Command::kWrite, "WRITE", 49, 17, 0, 0},
    {Command::kLock, "LOCK", 48, 4, 0, 0},
    {Command::kIoctl, "IOCTL", 57, 49, 0, 0},
    {Command::kCancel, "CANCEL", 4, 0, 0, 0},
    {Command::kEcho, "ECHO", 4, 4, 0, 0},
    {Command::kQueryDirectory, "QUERY_DIRECTORY", 33, 9, 0, 0},
    {Command::kChangeNotify, "CHANGE_NOTIFY", 32, 9, 0, 0},
    {Command::kQueryInfo, "QUERY_INFO", 41, 9, 0, 0},
    {Command::kSetInfo, "SET_INFO", 33, 2, 0, 0},
    {Command::kOplockBreak, "OPLOCK_BREAK", 24, 24, 36, 36},
}};

constexpr bool RowsAreOpcodes() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].command) != i) return false;
  }
  return true;
}
static_assert(RowsAreOpcodes());

// 0 if the message has no body; no table row has that.
uint16_t SizeOf(absl::Span<const uint8_t> message) {
  Reader r(message);
  r.Seek(kHeaderBytes);
  const uint16_t size = r.U16();
  return r.ok() && message.size() - kHeaderBytes >= FixedBodyBytes(size) ? size : 0;
}

}  // namespace

absl::Span<const StructureSizes> StructureSizeTable() { return kTable; }

const StructureSizes* FindStructureSizes(Command command) {
  const auto index = static_cast<size_t>(command);
  return index < kTable.size() ? &kTable[index] : nullptr;
}

absl::string_view CommandName(Command command) {
  const StructureSizes* row = FindStructureSizes(command);
  return row == nullptr ? absl::string_view("unknown") : row->name;
}

bool RequestSizeIsRight(Command command, absl::Span<const uint8_t> message) {
  const StructureSizes* row = FindStructureSizes(command);
  const uint16_t size = SizeOf(message);
  return row != nullptr && size != 0 && (size == row->request || size == row->lease_request);
}

bool ResponseSizeIsRight(Command command, absl::Span<const uint8_t> message) {
  const StructureSizes* row = FindStructureSizes(command);
  const uint16_t size = SizeOf(message);
  if (row == nullptr || size == 0) return false;
  return size == row->response || size == row->lease_response ||
         (command == Command::kOplockBreak && size == kLeaseBreakNotificationStructureSize);
}

uint16_t RequestStructureSize(Command command) {
  return kTable[static_cast<size_t>(command)].request;
}

uint16_t ResponseStructureSize(Command command) {
  return kTable[static_cast<size_t>(command)].response;
}

void WriteRequestVariable(absl::Span<const uint8_t> bytes, Writer& w) {
  if (bytes.empty()) {
    w.U8(0);
  } else {
    w.Bytes(bytes);
  }
}

}  // namespace sluice::proto
