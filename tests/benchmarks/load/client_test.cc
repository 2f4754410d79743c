// The load client against a whole gateway in this process.
#include "benchmarks/load/client/client.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/load/client/operations.h"
#include "benchmarks/load/work/contents.h"
#include "server/ring/blocking_pool.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::bench {
namespace {

using proto::Dialect;
using proto::NtStatus;
using ring::Task;

class ClientTest : public smb::GatewayTest {
 protected:
  void SetUp() override {
    smb::GatewayTest::SetUp();
    options_.address = *net::ParseAddress(address());
    options_.share = "files";
    options_.user = "alice";
    options_.nt_hash = *auth::NtHashOfPassword("secret");
  }

  // Runs `body` on a loop of its own, to its end.
  void Run(const std::function<Task<void>(Engine&)>& body) {
    ring::BlockingPool pool(1);
    ring::Loop::Options loop_options;
    loop_options.pool = &pool;
    loop_options.buffers.registered_bytes_max = 0;
    auto made = ring::Loop::Create(std::move(loop_options));
    ASSERT_TRUE(made.ok()) << made.status();
    std::unique_ptr<ring::Loop> loop = *std::move(made);
    {
      Engine engine(*loop);
      loop->Post([&] { ring::Spawn(ToTheEnd(engine, body)); });
      EXPECT_TRUE(loop->Run());
    }
  }

  static Task<void> ToTheEnd(Engine& engine, const std::function<Task<void>(Engine&)>& body) {
    co_await body(engine);
    engine.loop().Stop();
  }

  // Writes and reads back a file with a few requests at a time.
  static Task<void> WriteAndRead(Client& client, uint32_t bytes) {
    Contents contents(1);
    proto::FileId id;
    const WireName name("data");
    OpenHow how;
    how.access = access::kReadData | access::kWriteData | access::kDelete;
    how.disposition = proto::kDispositionOpenIf;
    how.options = proto::kOptionDeleteOnClose;
    EXPECT_EQ(co_await Open(client, name.span(), how, &id), NtStatus::kOk) << client.failure();
    for (uint64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await Write(client, id, i * bytes, bytes, contents, 9), NtStatus::kOk);
    }
    for (uint64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await Read(client, id, i * bytes, bytes, &contents, 9), NtStatus::kOk);
    }
    EXPECT_EQ(co_await Read(client, id, 0, bytes, &contents, 8), kWrongContents);
    EXPECT_EQ(co_await Read(client, id, 3ull * bytes - 1, 2, nullptr, 0), kWrongLength);
    EXPECT_EQ(co_await Close(client, id), NtStatus::kOk);
  }

  ClientOptions options_;
};

struct Protection {
  const char* name;
  Dialect dialect;
  crypto::SigningAlgorithm signing;
  crypto::Cipher cipher;
  bool sign;
  bool seal;
};

class ProtectionTest : public ClientTest, public ::testing::WithParamInterface<Protection> {};

TEST_P(ProtectionTest, WritesAndReads) {
  const Protection& p = GetParam();
  options_.offer.dialects = {p.dialect};
  options_.offer.signing = {p.signing};
  options_.offer.ciphers = {p.cipher};
  options_.sign = p.sign;
  options_.seal = p.seal;
  Run([this, &p](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(client.dialect(), p.dialect);
    EXPECT_EQ(client.signing_name(), p.sign && !p.seal ? crypto::Name(p.signing) : "none");
    EXPECT_EQ(client.cipher_name(), p.seal ? crypto::Name(p.cipher) : "none");
    if (status.ok()) co_await WriteAndRead(client, std::min(client.read_bytes_max(), 1u << 20));
    EXPECT_TRUE(client.alive()) << client.failure();
    co_await client.Disconnect();
  });
}

using crypto::Cipher;
using crypto::SigningAlgorithm;
INSTANTIATE_TEST_SUITE_P(
    , ProtectionTest,
    ::testing::Values(Protection{"Smb202", Dialect::kSmb202, SigningAlgorithm::kHmacSha256,
                                 Cipher::kNone, true, false},
                      Protection{"Smb210", Dialect::kSmb210, SigningAlgorithm::kHmacSha256,
                                 Cipher::kNone, true, false},
                      Protection{"Smb300", Dialect::kSmb300, SigningAlgorithm::kAes128Cmac,
                                 Cipher::kAes128Ccm, true, false},
                      Protection{"Smb302Sealed", Dialect::kSmb302, SigningAlgorithm::kAes128Cmac,
                                 Cipher::kAes128Ccm, true, true},
                      Protection{"Gmac", Dialect::kSmb311, SigningAlgorithm::kAes128Gmac,
                                 Cipher::kAes128Gcm, true, false},
                      Protection{"Cmac", Dialect::kSmb311, SigningAlgorithm::kAes128Cmac,
                                 Cipher::kAes128Gcm, true, false},
                      Protection{"Hmac", Dialect::kSmb311, SigningAlgorithm::kHmacSha256,
                                 Cipher::kAes128Gcm, true, false},
                      Protection{"Gcm128", Dialect::kSmb311, SigningAlgorithm::kAes128Gmac,
                                 Cipher::kAes128Gcm, true, true},
                      Protection{"Ccm128", Dialect::kSmb311, SigningAlgorithm::kAes128Gmac,
                                 Cipher::kAes128Ccm, true, true},
                      Protection{"Gcm256", Dialect::kSmb311, SigningAlgorithm::kAes128Gmac,
                                 Cipher::kAes256Gcm, true, true},
                      Protection{"Ccm256", Dialect::kSmb311, SigningAlgorithm::kAes128Gmac,
                                 Cipher::kAes256Ccm, true, true}),
    [](const auto& parameter) { return parameter.param.name; });

class UnsignedTest : public ClientTest {
  void Adjust(GatewayOptions* options) override { options->preferences.signing_required = false; }
};

TEST_F(UnsignedTest, WritesAndReadsWithoutSignatures) {
  options_.sign = false;
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(client.signing_name(), "none");
    if (status.ok()) co_await WriteAndRead(client, 4096);
    co_await client.Disconnect();
  });
}

TEST_F(ClientTest, WithoutSignaturesARequiringServerIsRefusedInWords) {
  options_.sign = false;
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_NE(status.message().find("requires signing"), absl::string_view::npos) << status;
    co_await client.Disconnect();
  });
}

TEST_F(ClientTest, WrongPasswordAndShareAreNamedWithTheirStatus) {
  Run([this](Engine& engine) -> Task<void> {
    ClientOptions wrong = options_;
    wrong.nt_hash = *auth::NtHashOfPassword("other");
    Client client(engine, wrong);
    absl::Status status = co_await client.Start();
    EXPECT_NE(status.message().find("STATUS_LOGON_FAILURE"), absl::string_view::npos) << status;
    co_await client.Disconnect();
    wrong = options_;
    wrong.share = "nothing";
    status = co_await client.Start();
    EXPECT_NE(status.message().find("STATUS_BAD_NETWORK_NAME"), absl::string_view::npos) << status;
    co_await client.Disconnect();
  });
}

TEST_F(ClientTest, RefusedConnectionIsAnError) {
  gateway_.reset();
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_NE(status.message().find("refused"), absl::string_view::npos) << status;
    EXPECT_FALSE(client.alive());
    co_await client.Disconnect();
  });
}

struct Answers {
  int answered = 0;
  int outstanding = 0;
  std::coroutine_handle<> waiter;

  // co_await: until none is outstanding.
  bool await_ready() const noexcept { return outstanding == 0; }
  void await_suspend(std::coroutine_handle<> awaiter) { waiter = awaiter; }
  void await_resume() const noexcept {}
};

Task<void> CountAnswer(Client& client, Answers& answers) {
  const NtStatus status = co_await Echo(client);
  if (status == NtStatus::kOk) ++answers.answered;
  if (--answers.outstanding == 0 && answers.waiter) client.engine().Resume(answers.waiter);
}

// More requests than the server grants credits for wait for their turn, and all are answered.
TEST_F(ClientTest, CreditsAreObeyedHoweverDeepThePipeline) {
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_TRUE(status.ok()) << status;
    constexpr int kRequests = 20'000;
    Answers shared;
    for (int i = 0; i < kRequests; ++i) {
      ++shared.outstanding;
      ring::Spawn(CountAnswer(client, shared));
    }
    co_await shared;
    EXPECT_EQ(shared.answered, kRequests) << client.failure();
    EXPECT_GT(client.credits(), 0u);
    co_await client.Disconnect();
  });
}

TEST_F(ClientTest, RequestsOfALostConnectionEndWithAnError) {
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_TRUE(status.ok()) << status;
    // It waits for its clients, of which this thread has one.
    std::thread stop([this] { gateway_.reset(); });
    NtStatus last = NtStatus::kOk;
    while (last == NtStatus::kOk) last = co_await Echo(client);
    EXPECT_EQ(last, NtStatus::kConnectionDisconnected);
    EXPECT_NE(client.failure(), "");
    co_await client.Disconnect();
    stop.join();
  });
}

TEST_F(ClientTest, SessionsComeAndGoOnOneConnection) {
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    absl::Status status = co_await client.Start();
    for (int i = 0; i < 5 && status.ok(); ++i) {
      status = co_await client.LogOff();
      EXPECT_TRUE(status.ok()) << status;
      status = co_await client.LogOn();
      EXPECT_TRUE(status.ok()) << status;
    }
    status = co_await client.ConnectTree();
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(co_await Echo(client), NtStatus::kOk);
    co_await client.Disconnect();
  });
}

TEST_F(ClientTest, FileOperations) {
  Run([this](Engine& engine) -> Task<void> {
    Client client(engine, options_);
    const absl::Status status = co_await client.Start();
    EXPECT_TRUE(status.ok()) << status;
    proto::FileId directory;
    const WireName name("dir");
    OpenHow make;
    make.access = access::kList;
    make.disposition = proto::kDispositionCreate;
    make.options = proto::kOptionDirectoryFile;
    EXPECT_EQ(co_await Open(client, name.span(), make, &directory), NtStatus::kOk);
    EXPECT_EQ(co_await Open(client, name.span(), make, &directory), NtStatus::kObjectNameCollision);
    make.disposition = proto::kDispositionOpenIf;
    EXPECT_EQ(co_await Open(client, name.span(), make, &directory), NtStatus::kOk);
    const WireName too_long(std::string(WireName::kBytesMax / 2 + 1, 'a'));
    EXPECT_EQ(co_await Open(client, too_long.span(), make, &directory),
              NtStatus::kObjectNameInvalid);
    proto::FileId file;
    const WireName inside("dir\\one");
    OpenHow how;
    how.access = access::kReadData | access::kWriteData | access::kReadAttributes | access::kDelete;
    how.disposition = proto::kDispositionCreate;
    EXPECT_EQ(co_await Open(client, inside.span(), how, &file), NtStatus::kOk);
    Contents contents(1);
    EXPECT_EQ(co_await Write(client, file, 0, 5, contents, 0), NtStatus::kOk);
    uint64_t size = 0;
    EXPECT_EQ(co_await QueryInfo(client, file, &size), NtStatus::kOk);
    EXPECT_EQ(size, 5u);
    proto::LockElement lock;
    lock.length = 10;
    lock.flags = proto::kLockFlagExclusive | proto::kLockFlagFailImmediately;
    EXPECT_EQ(co_await Lock(client, file, lock), NtStatus::kOk);
    lock.flags = proto::kLockFlagUnlock;
    EXPECT_EQ(co_await Lock(client, file, lock), NtStatus::kOk);
    EXPECT_EQ(co_await Rename(client, file, "dir\\two"), NtStatus::kOk);
    EXPECT_EQ(co_await Close(client, file), NtStatus::kOk);
    EXPECT_EQ(co_await Remove(client, inside.span()), NtStatus::kObjectNameNotFound);
    uint64_t entries = 0;
    uint64_t bytes = 0;
    EXPECT_EQ(co_await List(client, directory, &entries, &bytes), NtStatus::kOk);
    EXPECT_EQ(entries, 3u);
    const WireName renamed("dir\\two");
    EXPECT_EQ(co_await Remove(client, renamed.span()), NtStatus::kOk);
    EXPECT_EQ(co_await Close(client, directory), NtStatus::kOk);
    co_await client.Disconnect();
  });
}

}  // namespace
}  // namespace sluice::bench
