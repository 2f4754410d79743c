#include "tests/server/smb/gateway_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace sluice::smb {

void GatewayTest::SetUp() {
  // Where every user may go: a test runner's own directory may be root's alone.
  directory_ = "/tmp/gatewayXXXXXX";
  ASSERT_NE(mkdtemp(directory_.data()), nullptr);
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  disk_ = directory_ + "/disk";
  std::filesystem::create_directory(disk_);
  GatewayOptions options;
  options.listen = {"127.0.0.1:0"};
  options.loops = 2;
  options.opens_max = 65536;  // nobody has raised this process's RLIMIT_NOFILE
  options.state_dir = directory_ + "/state";
  options.preferences.log.level = base::LogLevel::kWarning;
  ShareOptions files;
  files.name = "files";
  files.storage = StorageKind::kMemory;
  ShareOptions disk;
  disk.name = "disk";
  disk.path = disk_;
  ShareOptions fixed = files;
  fixed.name = "fixed";
  fixed.preferences.read_only = true;
  options.shares = {files, disk, fixed};
  Adjust(&options);
  absl::StatusOr<std::unique_ptr<Gateway>> gateway = Gateway::Create(std::move(options));
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  gateway_ = *std::move(gateway);
  ASSERT_TRUE(gateway_->users().Add("alice", "secret", "root").ok());
  ASSERT_TRUE(gateway_->users().Add("bob", "hidden", "root").ok());
  gateway_->Start();
}

void GatewayTest::TearDown() {
  gateway_.reset();
  std::filesystem::remove_all(directory_);
}

uint64_t GatewayTest::Counter(const std::string& name) const {
  for (const auto& [known, value] : gateway_->Status().counters) {
    if (known == name) return value;
  }
  return 0;
}

bool GatewayTest::Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace sluice::smb
