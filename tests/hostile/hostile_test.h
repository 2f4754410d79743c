// The fixture of the hostile tests: a real gateway with a few shares and users, and after each test
// the proof that it still serves an honest client and ends in order.
#ifndef SLUICE_TESTS_HOSTILE_HOSTILE_TEST_H_
#define SLUICE_TESTS_HOSTILE_HOSTILE_TEST_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tests/hostile/real_gateway.h"
#include "tests/server/smb/test_client.h"

namespace sluice::hostile {

using smb::Bytes;
using smb::ClientOptions;
using smb::Reply;
using smb::TestClient;

// Shares:
//   files    in memory                    fixed   in memory, read-only
//   disk     the directory disk()         locked  the same directory, read-only
//   sealed   the same, encryption = required
//   guests   the same, guest = true
// Users: alice (password "secret") and bob ("hidden"), as root with the Unix accounts daemon and
// games; as nobody everything runs as nobody. Guests and anonymous clients are let in.
class HostileTest : public ::testing::Test {
 protected:
  void SetUp() override;
  // An honest client logs on and reads back what it wrote; the gateway ends with 0.
  void TearDown() override;

  // Further lines of [server], and further sections.
  virtual std::string ServerLines() const { return ""; }
  virtual std::string Sections() const { return ""; }
  // Whether unknown users are guests.
  virtual bool Guests() const { return true; }

  // A client that has negotiated, logged on and connected to the share.
  std::unique_ptr<TestClient> Client(absl::string_view share = "files",
                                     ClientOptions options = ClientOptions(),
                                     absl::string_view user = "alice",
                                     absl::string_view password = "secret");
  std::unique_ptr<TestClient> Alice(absl::string_view share = "files",
                                    proto::Dialect dialect_max = proto::Dialect::kSmb311);

  // Whether `condition` comes true in time.
  static bool Eventually(const std::function<bool()>& condition);

  std::string address() const { return gateway_->address(); }
  std::string disk() const { return gateway_->disk(); }
  static bool as_root() { return !TheSetting().as_nobody; }

  std::unique_ptr<RealGateway> gateway_;
};

}  // namespace sluice::hostile

#endif  // SLUICE_TESTS_HOSTILE_HOSTILE_TEST_H_
