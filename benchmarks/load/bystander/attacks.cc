#include "benchmarks/load/bystander/attacks.h"

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/read.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/write.h"
#include "server/auth/spnego_client.h"
#include "server/base/clock.h"
#include "server/base/random.h"
#include "tests/server/smb/test_client.h"

namespace sluice::bystander {
namespace {

using proto::Command;
using proto::NtStatus;
using smb::Bytes;
using smb::ClientOptions;
using smb::Reply;
using smb::TestClient;
using Clock = std::chrono::steady_clock;

constexpr size_t kMebibyte = 1u << 20;

class Deadline {
 public:
  explicit Deadline(double seconds)
      : end_(Clock::now() +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}
  bool passed() const { return Clock::now() >= end_; }

 private:
  const Clock::time_point end_;
};

void Pause() { std::this_thread::sleep_for(std::chrono::milliseconds(100)); }

std::unique_ptr<TestClient> LogOn(const Victim& victim, ClientOptions options = ClientOptions()) {
  auto client = std::make_unique<TestClient>(victim.address, std::move(options));
  if (!client->Negotiate() || client->LogOn(victim.user, victim.password) != NtStatus::kOk ||
      client->ConnectTree(victim.share) != NtStatus::kOk) {
    return nullptr;
  }
  return client;
}

bool Gone(TestClient& client) {
  char byte;
  const ssize_t got = recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0;
}

// 512 READs of 1 MiB, signed by CMAC; of the answers about 16 KiB a minute are read.
void SlowReader(const Victim& victim, double seconds) {
  constexpr size_t kReads = 512;
  constexpr uint16_t kCharge = 16;
  for (const Deadline deadline(seconds); !deadline.passed(); Pause()) {
    ClientOptions options;
    options.credits = 512;
    options.signing = {crypto::SigningAlgorithm::kAes128Cmac};
    const std::unique_ptr<TestClient> client = LogOn(victim, options);
    proto::FileId id;
    if (client == nullptr || client->Create("slow-reader", &id) != NtStatus::kOk) continue;
    proto::WriteRequest write;
    write.file_id = id;
    const Bytes data(kMebibyte, 7);
    write.data = data;
    while (client->credits < kReads * kCharge) {
      const uint64_t before = client->credits;
      if (!client->Call(Command::kEcho, proto::EchoRequest()).has_value()) break;
      if (client->credits <= before) break;  // there are no more
    }
    if (!client->Call(Command::kWrite, write, kCharge, data.size()).has_value()) continue;
    proto::ReadRequest read;
    read.file_id = id;
    read.length = kMebibyte;
    for (uint64_t i = 0; i < kReads && i < client->credits / kCharge; ++i) {
      client->SendChain({TestClient::Message(client->NextHeader(Command::kRead, kCharge), read)});
    }
    Bytes some(27);
    while (!deadline.passed() && recv(client->fd(), some.data(), some.size(), MSG_DONTWAIT) != 0) {
      Pause();
    }
  }
}

// 2,000 connections that each announce a frame of 128 KiB and send one byte of it.
void PartialFrames(const Victim& victim, double seconds) {
  constexpr size_t kConnections = 2000;
  std::vector<std::unique_ptr<TestClient>> clients(kConnections);
  for (const Deadline deadline(seconds); !deadline.passed(); Pause()) {
    for (std::unique_ptr<TestClient>& client : clients) {
      if (deadline.passed()) return;
      if (client != nullptr && !Gone(*client)) continue;
      client = std::make_unique<TestClient>(victim.address);
      client->SendRaw(Bytes{0, 2, 0, 0, 0xFE});
    }
  }
}

// 64 clients that are logged on, each with a frame of 8 MiB that it sends at 64 KiB a minute.
void LargePartialFrames(const Victim& victim, double seconds) {
  constexpr size_t kClients = 64;
  std::vector<std::unique_ptr<TestClient>> clients(kClients);
  const Bytes some(109, 0x11);
  for (const Deadline deadline(seconds); !deadline.passed(); Pause()) {
    for (std::unique_ptr<TestClient>& client : clients) {
      if (deadline.passed()) return;
      if (client == nullptr || Gone(*client)) {
        client = LogOn(victim);
        if (client == nullptr) continue;
        client->SendRaw(Bytes{0, 0x7F, 0xFF, 0xFF, 0xFE, 'S', 'M', 'B'});
      }
      client->SendRaw(some);
    }
  }
}

// 256 connections, each with 256 authentications that are begun and not finished, kept by ECHO.
void UnfinishedLogOns(const Victim& victim, double seconds) {
  constexpr size_t kConnections = 256;
  constexpr size_t kLogOns = 256;
  std::vector<std::unique_ptr<TestClient>> clients(kConnections);
  auth::NtlmCredentials credentials;
  credentials.user = "mallory";
  for (const Deadline deadline(seconds); !deadline.passed(); Pause()) {
    for (std::unique_ptr<TestClient>& client : clients) {
      if (deadline.passed()) return;
      if (client == nullptr || Gone(*client)) {
        client = std::make_unique<TestClient>(victim.address);
        if (!client->Negotiate()) {
          client.reset();
          continue;
        }
        for (size_t i = 0; i < kLogOns && !deadline.passed(); ++i) {
          auth::SpnegoClient spnego(credentials, base::SystemRandom(), base::SystemClock());
          const Bytes token = spnego.Start();
          proto::SessionSetupRequest request;
          request.security_buffer = token;
          client->session_id = 0;
          if (!client->Call(Command::kSessionSetup, request).has_value()) break;
        }
        continue;
      }
      client->Call(Command::kEcho, proto::EchoRequest());
    }
  }
}

// 50 opens of one file with 4,096 shared locks each, taken one after the other for ever.
void ByteRangeLocks(const Victim& victim, double seconds) {
  constexpr size_t kOpens = 50;
  constexpr uint64_t kLocks = 4096;
  constexpr uint64_t kLocksAtOnce = 64;
  for (const Deadline deadline(seconds); !deadline.passed(); Pause()) {
    const std::unique_ptr<TestClient> client = LogOn(victim);
    if (client == nullptr) continue;
    std::vector<proto::FileId> opens(kOpens);
    bool all = true;
    for (proto::FileId& id : opens) {
      all = all && client->Create("locked", &id) == NtStatus::kOk;
    }
    for (uint64_t first = 0; all && first < kLocks && !deadline.passed(); first += kLocksAtOnce) {
      for (const proto::FileId& id : opens) {
        proto::LockRequest lock;
        lock.file_id = id;
        for (uint64_t i = 0; i < kLocksAtOnce; ++i) {
          lock.locks.push_back(
              {(first + i) * 16, 8, proto::kLockFlagShared | proto::kLockFlagFailImmediately});
        }
        if (!client->Call(Command::kLock, lock).has_value()) all = false;
        if (!all || deadline.passed()) break;
      }
    }
    // With all of them held: one more conflicting lock after the other.
    proto::LockRequest lock;
    lock.file_id = opens[0];
    lock.locks.push_back(
        {0, ~uint64_t{0} / 2, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately});
    while (all && !deadline.passed() && client->Call(Command::kLock, lock).has_value()) {
    }
  }
}

constexpr Attack kAttacks[] = {
    {"slow-reader", "512 READs of 1 MiB, whose answers are read at 16 KiB a minute", &SlowReader},
    {"partial-frames", "2,000 connections with one byte each of a frame of 128 KiB",
     &PartialFrames},
    {"large-partial-frames", "64 clients that send a frame of 8 MiB at 64 KiB a minute",
     &LargePartialFrames},
    {"unfinished-log-ons", "256 connections with 256 unfinished log-ons each", &UnfinishedLogOns},
    {"byte-range-locks", "50 opens of one file with 4,096 locks each", &ByteRangeLocks},
};

}  // namespace

absl::Span<const Attack> Attacks() { return kAttacks; }

}  // namespace sluice::bystander
