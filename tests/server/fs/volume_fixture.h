// A volume over memory and a loop to run its tasks on, by hand, on the test's thread.
#ifndef SLUICE_TESTS_SERVER_FS_VOLUME_FIXTURE_H_
#define SLUICE_TESTS_SERVER_FS_VOLUME_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/smb2/create.h"
#include "proto/status/nt_status.h"
#include "proto/wire/utf16.h"
#include "server/fs/node_table.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/storage/memory_backend.h"
#include "tests/fakes/fake_clock.h"
#include "tests/server/storage/run_on_loop.h"

namespace sluice::fs {

struct Opening {
  uint32_t disposition = proto::kDispositionOpenIf;
  uint32_t access = kFileAllAccess;
  uint32_t options = 0;
  uint32_t share = 7;
  uint32_t attributes = 0;
};

class VolumeTest : public ::testing::Test {
 protected:
  static std::vector<uint8_t> Wire(absl::string_view name) {
    std::vector<uint8_t> utf16;
    EXPECT_TRUE(proto::Utf8ToUtf16(name, &utf16));
    return utf16;
  }

  proto::NtStatus TryCreate(absl::string_view name, const Opening& how, CreateResult* result) {
    const std::vector<uint8_t> utf16 = Wire(name);
    CreateParams params;
    params.who = &who_;
    params.name = utf16;
    params.desired_access = how.access;
    params.file_attributes = how.attributes;
    params.share_access = how.share;
    params.disposition = how.disposition;
    params.options = how.options;
    params.wants_maximal_access = true;
    return runner_.Run(volume_.Create(params, result));
  }
  proto::NtStatus StatusOf(absl::string_view name, const Opening& how) {
    CreateResult result;
    const proto::NtStatus status = TryCreate(name, how, &result);
    if (status == proto::NtStatus::kOk) Close(result.open);
    return status;
  }
  // Expects success; the caller closes it.
  std::shared_ptr<OpenFile> Create(absl::string_view name, const Opening& how = Opening()) {
    CreateResult result;
    EXPECT_EQ(TryCreate(name, how, &result), proto::NtStatus::kOk) << name;
    return result.open;
  }
  void Make(absl::string_view name) { Close(Create(name)); }
  void MakeDirectory(absl::string_view name) {
    Opening how;
    how.options = proto::kOptionDirectoryFile;
    Close(Create(name, how));
  }
  FileMetadata Close(const std::shared_ptr<OpenFile>& open) {
    FileMetadata metadata;
    runner_.Run(CloseTask(open, &metadata));
    return metadata;
  }
  bool Exists(absl::string_view name) {
    Opening how;
    how.disposition = proto::kDispositionOpen;
    how.access = kFileReadAttributes;
    return StatusOf(name, how) == proto::NtStatus::kOk;
  }
  FileMetadata Metadata(OpenFile& open) {
    FileMetadata metadata;
    EXPECT_EQ(runner_.Run(volume_.GetMetadata(open, &metadata)), proto::NtStatus::kOk);
    return metadata;
  }
  proto::NtStatus Rename(OpenFile& open, absl::string_view to, bool replace = false) {
    const std::vector<uint8_t> utf16 = Wire(to);
    return runner_.Run(volume_.Rename(open, who_, utf16, replace));
  }
  proto::NtStatus SetDeletePending(OpenFile& open, bool pending) {
    return runner_.Run(volume_.SetDisposition(open, who_, pending, false));
  }
  // As a WRITE does.
  void Write(OpenFile& open, absl::string_view data, uint64_t offset = 0) {
    EXPECT_EQ(open.node->BeginWrite(open, {offset, data.size()}, clock_.MonotonicNanos(),
                                    open.write_time_frozen),
              proto::NtStatus::kOk);
    open.wrote = true;
    const absl::Span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(data.data()),
                                          data.size());
    EXPECT_EQ(runner_.Run(open.file->Write(bytes, offset)), static_cast<int64_t>(data.size()));
  }
  std::string Read(OpenFile& open) {
    std::string data(100'000, '\0');
    const absl::Span<uint8_t> room(reinterpret_cast<uint8_t*>(data.data()), data.size());
    const int64_t bytes = runner_.Run(open.file->Read(room, 0));
    EXPECT_GE(bytes, 0);
    data.resize(bytes < 0 ? 0 : static_cast<size_t>(bytes));
    return data;
  }

  storage::LoopRunner runner_;
  fakes::FakeClock clock_;
  base::Identity who_{1000, 1000};
  std::shared_ptr<storage::Backend> backend_ = storage::MakeMemoryBackend(clock_, 64u << 20);
  NodeTable nodes_;
  std::shared_ptr<Volume> owned_volume_ =
      std::make_shared<Volume>(backend_, nodes_, clock_, Volume::Options{"files", false});
  Volume& volume_ = *owned_volume_;

 private:
  ring::Task<bool> CloseTask(const std::shared_ptr<OpenFile>& open, FileMetadata* metadata) {
    co_await open->volume->Close(open, metadata);
    co_return true;
  }
};

}  // namespace sluice::fs

#endif  // SLUICE_TESTS_SERVER_FS_VOLUME_FIXTURE_H_
