// One CREATE on its way: name, look-up, disposition, access, share mode, contexts. Only for
// Volume::Create.
#ifndef SLUICE_SERVER_FS_CREATION_H_
#define SLUICE_SERVER_FS_CREATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/fs/create_rules.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"

namespace sluice::fs {

class Creation {
 public:
  Creation(Volume& volume, const CreateParams& params, CreateResult* result);

  ring::Task<proto::NtStatus> Run();

 private:
  // The rights that reach a file's data.
  static constexpr uint32_t kReadingAccess = kFileReadData | kFileExecute;
  static constexpr uint32_t kWritingAccess = kFileWriteData | kFileAppendData;

  bool Has(uint32_t option) const { return (params_.options & option) != 0; }
  bool WantsDirectory() const;

  // The path: what the request names, and the locks on it.
  proto::NtStatus ParsePath();
  ring::Task<proto::NtStatus> TryOnce(bool first);

  // What is there already.
  ring::Task<Resolution> LookUp();
  proto::NtStatus MayMake() const;
  bool OpensLinkItself() const;
  bool WantsData() const;
  ring::Task<Resolution> AtLink(Resolution found);
  ring::Task<Resolution> OpenLinkItself(const std::string& path);
  ring::Task<bool> KnownMissing();
  storage::OpenFlags FlagsFor(uint32_t access, bool directory) const;
  ring::Task<Resolution> OpenAsAsked();
  ring::Task<Resolution> OpenByAccess();
  ring::Task<Resolution> OpenMaximal();
  proto::NtStatus CheckType(const storage::Stat& stat) const;
  ring::Task<proto::NtStatus> OpenExisting(Resolution& found);
  ring::Task<proto::NtStatus> LearnMaximalAccess(const storage::Stat& stat, bool opened);
  proto::NtStatus CheckAttributes();

  // What overwriting leaves of a file: creation_overwrite.cc.
  ring::Task<proto::NtStatus> Overwrite();
  bool StreamsMayGo(const std::vector<std::string>& xattrs) const;
  FileKey KeyOfStream(absl::string_view name) const;
  ring::Task<int> DropXattr(const std::string& xattr);

  // What is made anew.
  ring::Task<proto::NtStatus> CreateNew(Resolution& found);
  ring::Task<proto::NtStatus> MakeFile();
  ring::Task<proto::NtStatus> ApplyContexts();
  ring::Task<void> Undo();

  // Streams: creation_stream.cc.
  storage::OpenFlags BaseFlags(bool directory) const;
  proto::NtStatus MayMakeStream() const;
  ring::Task<proto::NtStatus> OpenStream(Resolution& base);
  ring::Task<Resolution> LookUpBase();

  // The end of both.
  proto::NtStatus Admit(const storage::Stat& stat, bool overwrites);
  ring::Task<proto::NtStatus> AwaitMoves();
  bool ChangedSinceOpened(uint32_t action) const;
  ring::Task<proto::NtStatus> Finish(uint32_t action);
  void NoteChange(uint32_t action);

  Volume& volume_;
  const CreateParams& params_;
  CreateResult* const result_;
  const uint32_t desired_;  // generic bits mapped
  ParsedName name_;
  std::shared_ptr<OpenFile> open_;
  std::string path_;         // of what is opened, as on disk
  std::string xattr_;        // its DOS attributes as stored
  uint32_t attributes_ = 0;  // those stored; see FileMetadata
  uint32_t maximal_ = 0;
  bool follow_ = false;  // a symlink as last component, to what it leads to
  bool created_ = false;
  bool base_directory_ = false;  // of a stream: its file is a directory
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_CREATION_H_
