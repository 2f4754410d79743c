#include "server/config/check_paths.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::config {
namespace {

std::string ProblemsOf(const std::string& text) {
  const auto parsed =
      ParseConfiguration(text + "\n[[share]]\nname = 's'\nstorage = 'memory'\n", "f.toml");
  if (!parsed.ok()) return std::string(parsed.status().message());
  return std::string(CheckPaths(*parsed).message());
}

std::string WithStateDirectory(const std::string& rest) {
  return absl::StrCat("[server]\nstate_dir = '", testing::TempDir(), "/state'\n", rest);
}

TEST(CheckPathsTest, WhatIsThereOrCanBeMadeIsRight) {
  EXPECT_EQ(ProblemsOf(WithStateDirectory(absl::StrCat(
                "[log]\nfile = '", testing::TempDir(), "/log'\n[audit]\nfile = '",
                testing::TempDir(), "/audit'\n[auth]\nkerberos_keytab = '/etc/passwd'"))),
            "");
  EXPECT_EQ(ProblemsOf("[server]\nstate_dir = '/tmp'\ncontrol_socket = '/tmp/socket'"), "");
  EXPECT_EQ(ProblemsOf("[server]\nstate_dir = '/tmp'\n"
                       "control_socket = '/run/sluice/control.sock'"),
            "");
}

TEST(CheckPathsTest, WhatIsMissingIsNamedWithItsPlace) {
  EXPECT_EQ(
      ProblemsOf("[server]\nstate_dir = '/there/is/none'\n[log]\nfile = '/no/such/log'\n"
                 "[audit]\nfile = '/no/such/audit'\n[auth]\nkerberos_keytab = '/no/keytab'"),
      "f.toml:2:1: [server] state_dir: /there/is: No such file or directory\n"
      "f.toml:4:1: [log] file: /no/such: No such file or directory\n"
      "f.toml:6:1: [audit] file: /no/such: No such file or directory\n"
      "f.toml:8:1: [auth] kerberos_keytab: cannot read /no/keytab: No such file or directory");
  EXPECT_EQ(ProblemsOf("[server]\nstate_dir = '/etc/passwd'"),
            "f.toml:2:1: [server] state_dir: /etc/passwd is not a directory");
  EXPECT_EQ(ProblemsOf("[server]\nstate_dir = '/tmp'\ncontrol_socket = '/no/such/socket'"),
            "f.toml:3:1: [server] control_socket: /no/such: No such file or directory");
  EXPECT_EQ(ProblemsOf("[server]\nstate_dir = ''"),
            "f.toml:2:1: [server] state_dir: it must name a directory");
}

}  // namespace
}  // namespace sluice::config
