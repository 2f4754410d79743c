// What needs no KDC; tests/interop/test_sluicebench.py has the rest.
#include "server/auth/kerberos_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "proto/auth/spnego.h"

namespace sluice::auth {
namespace {

class KerberosClientTest : public ::testing::Test {
 protected:
  // Whatever tickets the machine's user has.
  void SetUp() override {
    setenv("KRB5CCNAME", "FILE:/nonexistent/tickets", 1);
    setenv("KRB5_CLIENT_KTNAME", "FILE:/nonexistent/keys", 1);
  }
  KerberosClient client_{"files.sluice.test", ""};
};

std::string Words(const absl::Status& status) { return std::string(status.message()); }

TEST_F(KerberosClientTest, WithoutATicketTheErrorNamesTheCache) {
  EXPECT_NE(Words(FindTicket("").status()).find("/nonexistent/tickets"), std::string::npos);
  EXPECT_FALSE(FindTicket("alice@SLUICE.TEST").ok());
  EXPECT_NE(Words(client_.Start().status()).find("/nonexistent/tickets"), std::string::npos);
}

TEST_F(KerberosClientTest, RefusesAnAnswerThatIsNoSpnego) {
  const std::vector<uint8_t> garbage = {0x60, 0x01, 0x02};
  EXPECT_NE(Words(client_.Continue(garbage).status()).find("malformed"), std::string::npos);
  EXPECT_NE(Words(client_.Finish({})).find("malformed"), std::string::npos);
}

// A server that accepts without its half of a mutual authentication could be anybody.
TEST_F(KerberosClientTest, RefusesAServerThatDoesNotProveItself) {
  proto::NegTokenResp accepted;
  accepted.state = proto::NegState::kAcceptCompleted;
  accepted.supported_mech = proto::oid::kKerberos;
  EXPECT_FALSE(client_.Finish(accepted.Encode()).ok());
  EXPECT_TRUE(client_.session_key().empty());
}

}  // namespace
}  // namespace sluice::auth
