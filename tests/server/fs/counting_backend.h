// Passes everything on to another backend and counts how often directories are read. Can refuse
// users to change extended attributes, as storage does for a file that they may not write.
#ifndef SLUICE_TESTS_SERVER_FS_COUNTING_BACKEND_H_
#define SLUICE_TESTS_SERVER_FS_COUNTING_BACKEND_H_

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/backend.h"

namespace sluice::fs {

class CountingBackend final : public storage::Backend {
 public:
  explicit CountingBackend(storage::Backend& inner) : inner_(inner) {}

  // Full passes over a directory, and opens of any kind.
  int directory_reads() const { return directory_reads_; }
  int opens() const { return opens_; }
  void set_refuses_users(bool refuses) { refuses_users_ = refuses; }

  ring::Task<storage::Result<std::unique_ptr<storage::File>>> Open(
      const base::Identity& who, absl::string_view path, storage::OpenFlags flags) override {
    ++opens_;
    storage::Result<std::unique_ptr<storage::File>> opened = co_await inner_.Open(who, path, flags);
    if (!opened.ok()) co_return std::move(opened);
    std::unique_ptr<storage::File> file =
        std::make_unique<CountingFile>(std::move(opened.value()), this);
    co_return std::move(file);
  }
  ring::Task<storage::Result<storage::Stat>> GetStat(const base::Identity& who,
                                                     absl::string_view path) override {
    return inner_.GetStat(who, path);
  }
  ring::Task<int> MakeDirectory(const base::Identity& who, absl::string_view path,
                                uint32_t mode) override {
    return inner_.MakeDirectory(who, path, mode);
  }
  ring::Task<int> Remove(const base::Identity& who, absl::string_view path,
                         bool directory) override {
    return inner_.Remove(who, path, directory);
  }
  ring::Task<int> Rename(const base::Identity& who, absl::string_view from, absl::string_view to,
                         bool replace) override {
    return inner_.Rename(who, from, to, replace);
  }
  ring::Task<int> Link(const base::Identity& who, absl::string_view from,
                       absl::string_view to) override {
    return inner_.Link(who, from, to);
  }
  ring::Task<int> MakeSymlink(const base::Identity& who, absl::string_view target,
                              absl::string_view path) override {
    return inner_.MakeSymlink(who, target, path);
  }
  ring::Task<storage::Result<std::string>> ReadSymlink(const base::Identity& who,
                                                       absl::string_view path) override {
    return inner_.ReadSymlink(who, path);
  }
  ring::Task<int> CheckReach(const base::Identity& who) override { return inner_.CheckReach(who); }
  ring::Task<storage::Result<storage::StatFs>> GetStatFs(const base::Identity& who) override {
    return inner_.GetStatFs(who);
  }

 private:
  class CountingFile final : public storage::File {
   public:
    CountingFile(std::unique_ptr<storage::File> inner, CountingBackend* backend)
        : inner_(std::move(inner)), backend_(backend) {
      opened_stat_ = inner_->opened_stat();
    }
    ring::Task<int64_t> Read(absl::Span<uint8_t> out, uint64_t offset) override {
      return inner_->Read(out, offset);
    }
    ring::Task<int64_t> Write(absl::Span<const uint8_t> data, uint64_t offset) override {
      return inner_->Write(data, offset);
    }
    ring::Task<int> Sync() override { return inner_->Sync(); }
    ring::Task<int> Truncate(uint64_t bytes) override { return inner_->Truncate(bytes); }
    ring::Task<int> Allocate(uint64_t bytes) override { return inner_->Allocate(bytes); }
    ring::Task<int> Zero(uint64_t offset, uint64_t bytes, bool deallocate) override {
      return inner_->Zero(offset, bytes, deallocate);
    }
    ring::Task<storage::Result<std::vector<storage::DataRange>>> FindData(
        uint64_t offset, uint64_t bytes, size_t ranges_max) override {
      return inner_->FindData(offset, bytes, ranges_max);
    }
    ring::Task<bool> CanPunchHoles() override { return inner_->CanPunchHoles(); }
    ring::Task<storage::Result<storage::Stat>> GetStat() override { return inner_->GetStat(); }
    ring::Task<int> SetTimes(const int64_t* accessed, const int64_t* modified,
                             storage::As as) override {
      return inner_->SetTimes(accessed, modified, as);
    }
    ring::Task<int> SetMode(uint32_t mode) override { return inner_->SetMode(mode); }
    ring::Task<int> SetOwner(uint32_t uid, uint32_t gid) override {
      return inner_->SetOwner(uid, gid);
    }
    ring::Task<storage::Result<std::string>> GetXattr(absl::string_view name,
                                                      storage::As as) override {
      return inner_->GetXattr(name, as);
    }
    ring::Task<int> SetXattr(absl::string_view name, absl::string_view value,
                             storage::As as) override {
      if (backend_->refuses_users_ && as == storage::As::kUser) co_return -EACCES;
      co_return co_await inner_->SetXattr(name, value, as);
    }
    ring::Task<int> RemoveXattr(absl::string_view name, storage::As as) override {
      if (backend_->refuses_users_ && as == storage::As::kUser) co_return -EACCES;
      co_return co_await inner_->RemoveXattr(name, as);
    }
    ring::Task<storage::Result<std::vector<std::string>>> ListXattrs() override {
      return inner_->ListXattrs();
    }
    ring::Task<storage::Result<std::vector<storage::DirectoryEntry>>> ReadDirectory(
        bool restart) override {
      if (!reading_) ++backend_->directory_reads_;
      reading_ = true;
      return inner_->ReadDirectory(restart);
    }
    ring::Task<storage::Result<std::vector<storage::EntryStat>>> StatEntries(
        absl::Span<const storage::DirectoryEntry> entries, absl::string_view xattr) override {
      return inner_->StatEntries(entries, xattr);
    }

   private:
    const std::unique_ptr<storage::File> inner_;
    CountingBackend* const backend_;
    bool reading_ = false;
  };

  storage::Backend& inner_;
  std::atomic<int> directory_reads_{0};
  std::atomic<int> opens_{0};
  std::atomic<bool> refuses_users_{false};
};

}  // namespace sluice::fs

#endif  // SLUICE_TESTS_SERVER_FS_COUNTING_BACKEND_H_
