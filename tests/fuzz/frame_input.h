// The form of an input of the frame fuzzer: how a client begins, and then what it does, as a list
// of records. Any bytes are an input: what is cut off is left out.
//
//   input  := options:u8 record*
//   record := kind:u8 flags:u8 command:u8 charge:u8 header:u8 length:u16le body[length]
#ifndef SLUICE_TESTS_FUZZ_FRAME_INPUT_H_
#define SLUICE_TESTS_FUZZ_FRAME_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace sluice::fuzz {

using Bytes = std::vector<uint8_t>;

// Of the options: what the client negotiates, how far it goes, and what the server insists on.
inline constexpr uint8_t kOptionDialectMask = 0x03;  // 3.1.1, 3.0.2, 2.1, 2.0.2
inline constexpr uint8_t kOptionStartMask = 0x0C;
inline constexpr uint8_t kOptionStartNegotiated = 0x08;  // no log-on
inline constexpr uint8_t kOptionStartNothing = 0x0C;     // not even a NEGOTIATE
inline constexpr uint8_t kOptionSigningRequired = 0x10;
inline constexpr uint8_t kOptionEncryptionRequired = 0x20;
inline constexpr int kOptionAlgorithmsShift = 6;  // which of four pairs of algorithms

// `kind` modulo kKinds.
enum class RecordKind : uint8_t {
  kRequest,  // a request whose header is made right, then wrong as the flags say
  kLinked,   // the same, and the next record's request comes in the same frame
  kFrame,    // the body is a frame
  kStream,   // the body goes into the stream without a NetBIOS header
  kTime,     // time passes: the body's first four bytes, in milliseconds
  kSealed,   // the body is a frame's plain text
  kSwitch,   // to another connection of the same client; made where it is not there
  kLogOn,    // an authentication
  kAdmin,    // what an administrator does meanwhile: the command modulo kAdminActions
};
inline constexpr uint8_t kKinds = 9;

// `flags` of kRequest and kLinked.
inline constexpr uint8_t kFlagTreeMask = 0x03;  // files, fixed (read-only), IPC$, none
inline constexpr uint8_t kFlagRelated = 0x04;
inline constexpr uint8_t kFlagOwnFileId = 0x08;  // the body's FileId is sent as it is
inline constexpr uint8_t kFlagNoWait = 0x10;     // the next record follows at once
inline constexpr uint8_t kFlagSign = 0x20;
inline constexpr uint8_t kFlagSeal = 0x40;            // the whole frame; of its last request
inline constexpr uint8_t kFlagWrongMessageId = 0x80;  // an id that was used already
// `flags` of kSwitch.
inline constexpr uint8_t kSwitchToMask = 0x03;
inline constexpr uint8_t kSwitchEndsPrevious = 0x04;  // PreviousSessionId is that of the last one
// `flags` of kLogOn.
inline constexpr uint8_t kLogOnUserMask = 0x03;  // alice, bob, anonymous, nobody that is known
inline constexpr uint8_t kLogOnAgain = 0x04;     // of the session that there is

// `header` of kRequest and kLinked: bits of the SMB2 header's flags.
inline constexpr uint8_t kHeaderAsync = 0x01;
inline constexpr uint8_t kHeaderReplay = 0x02;
inline constexpr uint8_t kHeaderDfs = 0x04;
inline constexpr uint8_t kHeaderPriority = 0x08;
inline constexpr uint8_t kHeaderResponse = 0x10;
// Not of the header: the tree is the twin on disk of the one in memory.
inline constexpr uint8_t kHeaderOnDisk = 0x20;
inline constexpr int kHeaderChannelSequenceShift = 6;

// `command` of kAdmin; the share that it is about is the record's tree.
enum class AdminAction : uint8_t {
  kEndSessions,
  kCloseOpens,
  kEndTrees,
  kDropConnections,
  kRemoveShare,       // its users may go on
  kRemoveShareClose,  // they may not
  kAddShare,          // again; no-op where it is there
};
inline constexpr uint8_t kAdminActions = 7;

struct Record {
  uint8_t kind = 0;
  uint8_t flags = 0;
  uint8_t command = 0;
  uint8_t charge = 1;
  uint8_t header = 0;
  Bytes body;  // of a request: what follows the SMB2 header

  RecordKind record_kind() const { return static_cast<RecordKind>(kind % kKinds); }
};

inline constexpr size_t kRecordHeaderBytes = 7;
inline constexpr size_t kRecordBodyBytesMax = 0xFFFF;
inline constexpr size_t kRecordsMax = 64;

struct Input {
  uint8_t options = 0;
  std::vector<Record> records;
};

Input Parse(absl::Span<const uint8_t> bytes);
Bytes Serialize(const Input& input);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FRAME_INPUT_H_
