// Users in a temporary directory and everything else that an exchange needs.
#ifndef SLUICE_TESTS_SERVER_AUTH_AUTH_FIXTURE_H_
#define SLUICE_TESTS_SERVER_AUTH_AUTH_FIXTURE_H_

#include <filesystem>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/auth/ntlm_client.h"
#include "server/auth/ntlm_server.h"
#include "server/auth/user_store.h"
#include "tests/server/auth/fixed_clock.h"
#include "tests/server/session/seeded_random.h"

namespace sluice::auth {

class AuthFixture : public ::testing::Test {
 protected:
  AuthFixture() {
    std::string pattern = ::testing::TempDir() + "/auth_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    users_ = *UserStore::Open(directory_ + "/users.json");
    EXPECT_TRUE(users_->Add("alice", "correct horse", "").ok());
    environment_ = {&options_, users_.get(), &random_, &clock_};
  }
  ~AuthFixture() override { std::filesystem::remove_all(directory_); }

  NtlmCredentials Credentials(const std::string& user = "alice",
                              const std::string& password = "correct horse",
                              const std::string& domain = "SLUICE") {
    NtlmCredentials credentials;
    credentials.user = user;
    credentials.domain = domain;
    credentials.workstation = "DESK";
    credentials.nt_hash = *NtHashOfPassword(password);
    return credentials;
  }

  std::string directory_;
  std::unique_ptr<UserStore> users_;
  NtlmOptions options_;
  testing::SeededRandom random_{1};
  testing::SeededRandom client_random_{2};
  testing::FixedClock clock_;
  NtlmEnvironment environment_;
};

}  // namespace sluice::auth

#endif  // SLUICE_TESTS_SERVER_AUTH_AUTH_FIXTURE_H_
