// A whole gateway in the test's process, with a user and a few shares.
#ifndef SLUICE_TESTS_SERVER_SMB_GATEWAY_FIXTURE_H_
#define SLUICE_TESTS_SERVER_SMB_GATEWAY_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/gateway.h"
#include "tests/server/smb/test_client.h"

namespace sluice::smb {

// Shares: "files" in memory, "disk" in a directory, "fixed" in memory and read-only. User "alice"
// with password "secret".
class GatewayTest : public ::testing::Test {
 public:
  // Whether `condition` comes true in time; for what happens on the gateway's threads.
  static bool Eventually(const std::function<bool()>& condition);

 protected:
  void SetUp() override;
  void TearDown() override;

  // Before the gateway is made.
  virtual void Adjust(GatewayOptions*) {}

  std::string address() const { return gateway_->listen_addresses()[0]; }
  // Sum over the loops; 0 if there is none of that name.
  uint64_t Counter(const std::string& name) const;

  std::string directory_;  // temporary
  std::string disk_;       // the root of "disk"
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace sluice::smb

#endif  // SLUICE_TESTS_SERVER_SMB_GATEWAY_FIXTURE_H_
