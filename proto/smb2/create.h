// CREATE, without its contexts: they are an opaque list here (create_context.h)
// [MS-SMB2] 2.2.13, 2.2.14.
#ifndef SLUICE_PROTO_SMB2_CREATE_H_
#define SLUICE_PROTO_SMB2_CREATE_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint8_t kOplockLevelNone = 0x00;
inline constexpr uint8_t kOplockLevelII = 0x01;
inline constexpr uint8_t kOplockLevelExclusive = 0x08;
inline constexpr uint8_t kOplockLevelBatch = 0x09;
inline constexpr uint8_t kOplockLevelLease = 0xFF;

inline constexpr uint32_t kImpersonationAnonymous = 0;
inline constexpr uint32_t kImpersonationIdentification = 1;
inline constexpr uint32_t kImpersonationImpersonation = 2;
inline constexpr uint32_t kImpersonationDelegate = 3;

inline constexpr uint32_t kShareAccessRead = 0x00000001;
inline constexpr uint32_t kShareAccessWrite = 0x00000002;
inline constexpr uint32_t kShareAccessDelete = 0x00000004;

// create_disposition.
inline constexpr uint32_t kDispositionSupersede = 0;
inline constexpr uint32_t kDispositionOpen = 1;
inline constexpr uint32_t kDispositionCreate = 2;
inline constexpr uint32_t kDispositionOpenIf = 3;
inline constexpr uint32_t kDispositionOverwrite = 4;
inline constexpr uint32_t kDispositionOverwriteIf = 5;

// create_options.
inline constexpr uint32_t kOptionDirectoryFile = 0x00000001;
inline constexpr uint32_t kOptionWriteThrough = 0x00000002;
inline constexpr uint32_t kOptionSequentialOnly = 0x00000004;
inline constexpr uint32_t kOptionNoIntermediateBuffering = 0x00000008;
inline constexpr uint32_t kOptionSynchronousIoAlert = 0x00000010;
inline constexpr uint32_t kOptionSynchronousIoNonalert = 0x00000020;
inline constexpr uint32_t kOptionNonDirectoryFile = 0x00000040;
inline constexpr uint32_t kOptionCompleteIfOplocked = 0x00000100;
inline constexpr uint32_t kOptionNoEaKnowledge = 0x00000200;
inline constexpr uint32_t kOptionOpenRemoteInstance = 0x00000400;
inline constexpr uint32_t kOptionRandomAccess = 0x00000800;
inline constexpr uint32_t kOptionDeleteOnClose = 0x00001000;
inline constexpr uint32_t kOptionOpenByFileId = 0x00002000;
inline constexpr uint32_t kOptionOpenForBackupIntent = 0x00004000;
inline constexpr uint32_t kOptionNoCompression = 0x00008000;
inline constexpr uint32_t kOptionOpenRequiringOplock = 0x00010000;
inline constexpr uint32_t kOptionDisallowExclusive = 0x00020000;
inline constexpr uint32_t kOptionReserveOpfilter = 0x00100000;
inline constexpr uint32_t kOptionOpenReparsePoint = 0x00200000;
inline constexpr uint32_t kOptionOpenNoRecall = 0x00400000;
inline constexpr uint32_t kOptionOpenForFreeSpaceQuery = 0x00800000;

// create_action.
inline constexpr uint32_t kActionSuperseded = 0;
inline constexpr uint32_t kActionOpened = 1;
inline constexpr uint32_t kActionCreated = 2;
inline constexpr uint32_t kActionOverwritten = 3;

// Response flags: the last component of the path is a reparse point.
inline constexpr uint8_t kCreateFlagReparsePoint = 0x01;

struct CreateRequest {
  uint8_t requested_oplock_level = kOplockLevelNone;
  uint32_t impersonation_level = kImpersonationImpersonation;
  uint64_t smb_create_flags = 0;
  uint32_t desired_access = 0;
  uint32_t file_attributes = 0;
  uint32_t share_access = 0;
  uint32_t create_disposition = 0;
  uint32_t create_options = 0;
  absl::Span<const uint8_t> name;             // UTF-16LE, an even number of bytes
  absl::Span<const uint8_t> create_contexts;  // the list of contexts as it is

  static bool Decode(absl::Span<const uint8_t> message, CreateRequest* out);
  void Encode(Writer& w) const;
};

struct CreateResponse {
  // Where the contexts begin if there are any.
  static constexpr size_t kContextsOffset = 152;

  uint8_t oplock_level = kOplockLevelNone;
  uint8_t flags = 0;
  uint32_t create_action = 0;
  uint64_t creation_time = 0;
  uint64_t last_access_time = 0;
  uint64_t last_write_time = 0;
  uint64_t change_time = 0;
  uint64_t allocation_size = 0;
  uint64_t end_of_file = 0;
  uint32_t file_attributes = 0;
  FileId file_id;
  // May be what the caller has written at kContextsOffset of the same buffer already.
  absl::Span<const uint8_t> create_contexts;

  static bool Decode(absl::Span<const uint8_t> message, CreateResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_CREATE_H_
