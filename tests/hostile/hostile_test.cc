#include "tests/hostile/hostile_test.h"

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

std::string Share(absl::string_view name, absl::string_view lines) {
  return absl::StrCat("[[share]]\nname = \"", name, "\"\n", lines, "\n");
}

}  // namespace

void HostileTest::SetUp() {
  gateway_ = std::make_unique<RealGateway>();
  const std::string path = absl::StrCat("path = \"", disk(), "\"\n");
  const std::string shares =
      absl::StrCat(Share("files", "storage = \"memory\""),
                   Share("fixed", "storage = \"memory\"\nread_only = true"), Share("disk", path),
                   Share("locked", absl::StrCat(path, "read_only = true")),
                   Share("sealed", absl::StrCat(path, "encryption = \"required\"")),
                   Share("guests", absl::StrCat(path, "guest = true")));
  ASSERT_TRUE(gateway_->Start(ServerLines(),
                              absl::StrCat("[auth]\nanonymous = true\nfailure_delay = 0\nguest = ",
                                           Guests() ? "true\n" : "false\n", Sections(), shares)));
  const auto add = [this](const char* name, const char* password, const char* account) {
    std::vector<std::string> arguments = {"user", "add", name, "--password-stdin"};
    if (as_root()) arguments.insert(arguments.end(), {"--unix-user", account});
    const RealGateway::Answer answer = gateway_->Ctl(arguments, absl::StrCat(password, "\n"));
    ASSERT_EQ(answer.code, 0) << answer.out;
  };
  add("alice", "secret", "daemon");
  add("bob", "hidden", "games");
}

void HostileTest::TearDown() {
  if (gateway_ == nullptr || gateway_->pid() < 0) return;
  if (!HasFatalFailure() && gateway_->Alive()) {
    const std::unique_ptr<TestClient> honest = Alice();
    ASSERT_NE(honest, nullptr) << "the gateway serves nobody any more";
    proto::FileId id;
    ASSERT_EQ(honest->Create("honest", &id), NtStatus::kOk);
    const Bytes data = {1, 2, 3, 4, 5};
    proto::WriteRequest write;
    write.file_id = id;
    write.data = data;
    ASSERT_EQ(honest->Call(Command::kWrite, write)->status(), NtStatus::kOk);
    proto::ReadRequest read;
    read.file_id = id;
    read.length = 100;
    const std::optional<Reply> reply = honest->Call(Command::kRead, read);
    proto::ReadResponse response;
    ASSERT_TRUE(reply.has_value() && proto::ReadResponse::Decode(reply->message, &response));
    EXPECT_EQ(Bytes(response.data.begin(), response.data.end()), data);
  }
  EXPECT_TRUE(gateway_->Stop()) << "sluiced did not end in order:\n" << gateway_->Log();
}

std::unique_ptr<TestClient> HostileTest::Client(absl::string_view share, ClientOptions options,
                                                absl::string_view user,
                                                absl::string_view password) {
  auto client = std::make_unique<TestClient>(address(), std::move(options));
  if (!client->Negotiate() || client->LogOn(user, password) != NtStatus::kOk ||
      client->ConnectTree(share) != NtStatus::kOk) {
    return nullptr;
  }
  return client;
}

std::unique_ptr<TestClient> HostileTest::Alice(absl::string_view share,
                                               proto::Dialect dialect_max) {
  ClientOptions options;
  while (options.dialects.back() > dialect_max) options.dialects.pop_back();
  return Client(share, std::move(options));
}

bool HostileTest::Eventually(const std::function<bool()>& condition) {
  for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
       std::chrono::steady_clock::now() < deadline;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace sluice::hostile
