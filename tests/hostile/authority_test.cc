// Opens, sessions and requests used with somebody else's authority: related commands that change
// the tree below an open, authentications that change the user of a session, keys that anybody can
// derive, CANCELs without a session. The class of CVE-2022-47939 and CVE-2025-38561 (use after free
// and confusion by commands that come after what they need has gone or changed).
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/smb2/cancel.h"
#include "proto/smb2/close.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/tree_connect.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

Bytes Utf16(absl::string_view text) {
  Bytes utf16;
  EXPECT_TRUE(proto::Utf8ToUtf16(text, &utf16));
  return utf16;
}

class HostileAuthority : public HostileTest {
 protected:
  static Bytes Create(TestClient& client, absl::string_view name, uint32_t access) {
    const Bytes utf16 = Utf16(name);
    proto::CreateRequest request;
    request.desired_access = access;
    request.share_access = 7;
    request.create_disposition = proto::kDispositionOpenIf;
    request.name = utf16;
    return client.Request(Command::kCreate, request);
  }
  static Bytes Connect(TestClient& client, absl::string_view share) {
    const Bytes path = Utf16(absl::StrCat("\\\\server\\", share));
    proto::TreeConnectRequest request;
    request.path = path;
    return client.Request(Command::kTreeConnect, request, proto::kFlagRelated);
  }
  template <typename Body>
  static Bytes Related(TestClient& client, Command command, const Body& body) {
    return client.Request(command, body, proto::kFlagRelated);
  }
  // A command of every kind on an open that it inherits. Null where there are no more.
  static Bytes AnyCommand(TestClient& client, int which) {
    const Bytes data(64, 'x');
    proto::WriteRequest write;
    proto::ReadRequest read;
    proto::QueryInfoRequest query;
    proto::SetInfoRequest set;
    proto::LockRequest lock;
    proto::QueryDirectoryRequest list;
    proto::CloseRequest close;
    write.file_id = read.file_id = query.file_id = set.file_id = proto::kAnyFileId;
    lock.file_id = list.file_id = close.file_id = proto::kAnyFileId;
    write.data = data;
    read.length = 64;
    query.info_type = set.info_type = proto::kInfoFile;
    query.file_info_class = 5;
    query.output_buffer_length = 1000;
    set.file_info_class = 20;
    set.buffer = absl::MakeConstSpan(data).first(8);
    lock.locks.push_back({0, 10, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately});
    list.file_information_class = 37;
    list.output_buffer_length = 1000;
    switch (which) {
      case 0:
        return Related(client, Command::kWrite, write);
      case 1:
        return Related(client, Command::kRead, read);
      case 2:
        return Related(client, Command::kQueryInfo, query);
      case 3:
        return Related(client, Command::kSetInfo, set);
      case 4:
        return Related(client, Command::kLock, lock);
      case 5:
        return Related(client, Command::kQueryDirectory, list);
      case 6:
        return Related(client, Command::kClose, close);
      default:
        return {};
    }
  }
  // Sends the commands as one compound and gives the last one's status.
  static NtStatus Last(TestClient& client, std::vector<Bytes> chain) {
    const uint64_t last = client.next_message_id - 1;
    client.SendChain(std::move(chain));
    const std::optional<Reply> reply = client.WaitFor(last);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static Bytes LinkBuffer(absl::string_view name) {
    const Bytes utf16 = Utf16(name);
    Bytes buffer(20);
    buffer[16] = static_cast<uint8_t>(utf16.size());
    buffer.insert(buffer.end(), utf16.begin(), utf16.end());
    return buffer;
  }
  // "" is nobody; "eve" and other unknown ones are guests.
  std::unique_ptr<TestClient> LoggedOn(absl::string_view user, uint64_t previous_session = 0,
                                       ClientOptions options = ClientOptions()) {
    auto client = std::make_unique<TestClient>(address(), std::move(options));
    EXPECT_TRUE(client->Negotiate());
    EXPECT_EQ(client->LogOn(user, "secret", previous_session), NtStatus::kOk);
    return client;
  }
};

TEST_F(HostileAuthority, AnOpenDoesNotGoIntoAnotherTree) {
  const std::pair<const char*, const char*> trees[] = {
      {"disk", "IPC$"}, {"IPC$", "disk"}, {"files", "disk"}, {"fixed", "files"}, {"disk", "disk"}};
  for (const auto& [from, to] : trees) {
    const bool pipe = absl::string_view(from) == "IPC$";
    for (int which = 0;; ++which) {
      const std::unique_ptr<TestClient> alice = Alice(from, proto::Dialect::kSmb210);
      ASSERT_NE(alice, nullptr);
      std::vector<Bytes> chain;
      chain.push_back(Create(*alice, pipe ? "srvsvc" : "", pipe ? 0x0012019F : 0x00120089));
      chain.push_back(Connect(*alice, to));
      chain.push_back(AnyCommand(*alice, which));
      if (chain.back().empty()) break;
      EXPECT_TRUE(proto::IsError(Last(*alice, std::move(chain))))
          << from << " to " << to << ", " << which;
    }
  }
}

TEST_F(HostileAuthority, AReadOnlyShareGetsNoLinkByWayOfAWritableTree) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("there", &id), NtStatus::kOk);
  ASSERT_EQ(alice->ConnectTree("locked"), NtStatus::kOk);
  const Bytes buffer = LinkBuffer("planted");
  proto::SetInfoRequest link;
  link.info_type = proto::kInfoFile;
  link.file_info_class = 11;  // FileLinkInformation
  link.file_id = proto::kAnyFileId;
  link.buffer = buffer;
  std::vector<Bytes> chain;
  chain.push_back(Create(*alice, "there", 0x80));
  chain.push_back(Connect(*alice, "files"));
  chain.push_back(Related(*alice, Command::kSetInfo, link));
  EXPECT_EQ(Last(*alice, std::move(chain)), NtStatus::kFileClosed);
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat(disk(), "/planted")));
}

TEST_F(HostileAuthority, ClosedOpensStayClosed) {
  for (int which = 0;; ++which) {
    const std::unique_ptr<TestClient> alice = Alice("disk");
    ASSERT_NE(alice, nullptr);
    proto::CloseRequest close;
    close.file_id = proto::kAnyFileId;
    std::vector<Bytes> chain;
    chain.push_back(Create(*alice, "f", 0x001F01FF));
    chain.push_back(Related(*alice, Command::kClose, close));
    chain.push_back(AnyCommand(*alice, which));
    if (chain.back().empty()) break;
    EXPECT_EQ(Last(*alice, std::move(chain)), NtStatus::kFileClosed) << which;
  }
}

// A lock that waits holds the compound up while another frame closes the open.
TEST_F(HostileAuthority, ACompoundThatWaitedLeavesNoLockBehind) {
  const std::unique_ptr<TestClient> holder = Alice("files");
  const std::unique_ptr<TestClient> alice = Alice("files");
  ASSERT_TRUE(alice != nullptr && holder != nullptr);
  proto::LockRequest held;
  ASSERT_EQ(holder->Create("f", &held.file_id), NtStatus::kOk);
  held.locks.push_back({0, 10, proto::kLockFlagExclusive});
  ASSERT_EQ(holder->Call(Command::kLock, held)->status(), NtStatus::kOk);
  proto::CloseRequest close;
  ASSERT_EQ(alice->Create("f", &close.file_id), NtStatus::kOk);
  proto::LockRequest waits;
  waits.file_id = close.file_id;
  waits.locks = held.locks;
  proto::LockRequest behind;
  behind.file_id = proto::kAnyFileId;
  behind.locks.push_back({100, 10, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately});
  const uint64_t first = alice->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(alice->Request(Command::kLock, waits));
  chain.push_back(Related(*alice, Command::kLock, behind));
  alice->SendChain(std::move(chain));
  ASSERT_EQ(alice->Call(Command::kClose, close)->status(), NtStatus::kOk);
  EXPECT_TRUE(alice->WaitFor(first).has_value());
  EXPECT_EQ(alice->WaitFor(first + 1)->status(), NtStatus::kFileClosed);
  held.locks = behind.locks;
  EXPECT_EQ(holder->Call(Command::kLock, held)->status(), NtStatus::kOk);
}

TEST_F(HostileAuthority, AGuestsSessionDoesNotBecomeAUsers) {
  for (const char* first : {"eve", ""}) {
    const std::unique_ptr<TestClient> client = LoggedOn(first);
    EXPECT_EQ(client->LogOnAgain("alice", "secret"), NtStatus::kAccessDenied);
    EXPECT_NE(client->ConnectTree("disk"), NtStatus::kOk);
  }
}

TEST_F(HostileAuthority, AUserDoesNotGetInAsAGuestWhereGuestsMayNot) {
  for (const char* second : {"eve", ""}) {
    const std::unique_ptr<TestClient> alice = Alice("disk");
    ASSERT_NE(alice, nullptr);
    ASSERT_EQ(alice->LogOnAgain(second, "x"), NtStatus::kOk);
    proto::FileId id;
    EXPECT_EQ(alice->Create("f", &id), NtStatus::kAccessDenied);
    EXPECT_EQ(alice->ConnectTree("disk"), NtStatus::kAccessDenied);
    EXPECT_EQ(alice->ConnectTree("guests"),
              *second != '\0' ? NtStatus::kOk : NtStatus::kAccessDenied);
  }
}

// What a relay would do with bob's log-on: bring it into a session whose key it knows.
TEST_F(HostileAuthority, AUsersKeyDoesNotSignForAnotherUser) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->LogOnAgain("bob", "hidden"), NtStatus::kAccessDenied);
  proto::FileId id;
  EXPECT_NE(alice->Create("as_bob", &id), NtStatus::kOk);
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat(disk(), "/as_bob")));
}

TEST_F(HostileAuthority, AGuestEndsNoUsersSession) {
  std::vector<std::string> arguments = {"user", "add", "Guest", "--password-stdin"};
  if (as_root()) arguments.insert(arguments.end(), {"--unix-user", "daemon"});
  ASSERT_EQ(gateway_->Ctl(arguments, "secret\n").code, 0);
  const std::unique_ptr<TestClient> user = LoggedOn("Guest");
  ASSERT_EQ(user->session_flags, 0);
  const std::unique_ptr<TestClient> guest = LoggedOn("eve", user->session_id);
  ASSERT_EQ(guest->session_flags, proto::kSessionFlagIsGuest);
  EXPECT_EQ(user->ConnectTree("disk"), NtStatus::kOk);
}

class HostileSealedGuests : public HostileAuthority {
 protected:
  std::string Sections() const override {
    return absl::StrCat("[[share]]\nname = \"both\"\npath = \"", disk(),
                        "\"\nencryption = \"required\"\nguest = true\n");
  }
};

TEST_F(HostileSealedGuests, AKeyFromZerosEncryptsNothing) {
  ClientOptions options;
  options.dialects = {proto::Dialect::kSmb302};
  const std::unique_ptr<TestClient> guest = LoggedOn("eve", 0, options);
  EXPECT_EQ(guest->ConnectTree("both"), NtStatus::kAccessDenied);
  const Bytes zeros(16, 0);
  guest->keys =
      session::SessionCryptoState::DeriveAllKeys(zeros, session::ClientTerms(guest->negotiated));
  guest->seal = true;
  EXPECT_NE(guest->ConnectTree("both"), NtStatus::kOk);
}

TEST_F(HostileAuthority, ACancelWithoutItsSessionCancelsNothing) {
  const std::unique_ptr<TestClient> holder = Alice("files");
  const std::unique_ptr<TestClient> alice = Alice("files");
  ASSERT_TRUE(alice != nullptr && holder != nullptr);
  proto::LockRequest lock;
  lock.locks.push_back({0, 10, proto::kLockFlagExclusive});
  proto::LockRequest held = lock;
  ASSERT_EQ(holder->Create("f", &held.file_id), NtStatus::kOk);
  ASSERT_EQ(holder->Call(Command::kLock, held)->status(), NtStatus::kOk);
  ASSERT_EQ(alice->Create("f", &lock.file_id), NtStatus::kOk);
  const uint64_t waiting = alice->next_message_id;
  alice->SendChain({alice->Request(Command::kLock, lock)});
  const std::optional<Reply> interim = alice->Receive();
  ASSERT_TRUE(interim.has_value());
  ASSERT_EQ(interim->status(), NtStatus::kPending);
  for (const uint64_t session : {uint64_t{0}, alice->session_id ^ 1, alice->session_id}) {
    for (const uint64_t async_id : {uint64_t{0}, interim->header.async_id}) {
      proto::Header header;
      header.command = Command::kCancel;
      header.message_id = waiting;
      header.session_id = session;
      header.async_id = async_id;
      if (async_id != 0) header.flags = proto::kFlagAsync;
      alice->SendFrame(TestClient::Message(header, proto::CancelRequest()));
    }
  }
  EXPECT_TRUE(alice->Silent());
  held.locks[0].flags = proto::kLockFlagUnlock;
  EXPECT_EQ(holder->Call(Command::kLock, held)->status(), NtStatus::kOk);
  EXPECT_EQ(alice->WaitFor(waiting)->status(), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::hostile
