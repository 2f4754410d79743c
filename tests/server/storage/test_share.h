// A directory of the machine, or memory, as a share for tests.
#ifndef SLUICE_TESTS_SERVER_STORAGE_TEST_SHARE_H_
#define SLUICE_TESTS_SERVER_STORAGE_TEST_SHARE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "server/storage/backend.h"
#include "server/storage/memory_backend.h"
#include "server/storage/posix_backend.h"
#include "tests/fakes/fake_clock.h"

namespace sluice::storage {

// A new directory under /tmp, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/sluice_storage.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The share is the directory "share" in `base`; what lies beside it is out of bounds.
class PosixShare {
 public:
  static constexpr bool kOnDisk = true;
  PosixShare() {
    std::filesystem::create_directory(path());
    Result<std::unique_ptr<Backend>> opened = OpenPosixBackend(path());
    EXPECT_TRUE(opened.ok()) << opened.error();
    backend_ = std::move(opened.value());
  }
  Backend& backend() { return *backend_; }
  std::string path() const { return base_.path() + "/share"; }
  std::string outside() const { return base_.path(); }

 private:
  TemporaryDirectory base_;
  std::unique_ptr<Backend> backend_;
};

class MemoryShare {
 public:
  static constexpr bool kOnDisk = false;
  static constexpr uint64_t kBytesMax = 64u << 20;
  Backend& backend() { return *backend_; }
  fakes::FakeClock& clock() { return clock_; }

 private:
  fakes::FakeClock clock_;
  std::unique_ptr<Backend> backend_ = MakeMemoryBackend(clock_, kBytesMax);
};

}  // namespace sluice::storage

#endif  // SLUICE_TESTS_SERVER_STORAGE_TEST_SHARE_H_
