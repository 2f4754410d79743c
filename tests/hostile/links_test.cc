// Symlinks, names and roots on disk that would lead a client, or the gateway, somewhere else.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "proto/fscc/directory_info.h"
#include "proto/fscc/info_class.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/output_buffer.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/read.h"
#include "proto/wire/utf16.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

namespace files = std::filesystem;

using proto::Command;
using proto::NtStatus;

constexpr uint32_t kDelete = 0x00010000;
constexpr uint32_t kReadData = 0x00000001;
constexpr uint32_t kReadAttributes = 0x00000080;
constexpr uint32_t kGenericRead = 0x00120089;
constexpr uint32_t kDirectory = 0x00000010;

class LinksTest : public HostileTest {
 protected:
  void SetUp() override {
    HostileTest::SetUp();
    client_ = Alice("disk");
    ASSERT_NE(client_, nullptr);
    const std::string secret = gateway_->directory() + "/secret";
    std::ofstream(secret) << kSecret;
    ASSERT_EQ(::chmod(secret.c_str(), 0644), 0);
  }
  void TearDown() override {
    client_.reset();
    HostileTest::TearDown();
  }
  // Anybody may change what is in it.
  void MakeDirectory(const std::string& name) {
    files::create_directory(disk() + "/" + name);
    ASSERT_EQ(::chmod((disk() + "/" + name).c_str(), 0777), 0);
  }
  void MakeFile(const std::string& name, const std::string& content) {
    std::ofstream(disk() + "/" + name) << content;
    ASSERT_EQ(::chmod((disk() + "/" + name).c_str(), 0666), 0);
  }
  void Close(proto::FileId id) {
    proto::CloseRequest close;
    close.file_id = id;
    EXPECT_EQ(client_->Call(Command::kClose, close)->status(), NtStatus::kOk);
  }
  // Names and attributes.
  std::map<std::string, uint32_t> List(const std::string& directory) {
    std::map<std::string, uint32_t> entries;
    proto::FileId id;
    if (client_->Create(directory, &id, proto::kDispositionOpen, proto::kOptionDirectoryFile,
                        kReadData | kReadAttributes) != NtStatus::kOk) {
      return entries;
    }
    while (true) {
      const Bytes pattern = {'*', 0};
      proto::QueryDirectoryRequest query;
      query.file_information_class = static_cast<uint8_t>(proto::FileInfoClass::kIdBothDirectory);
      query.file_id = id;
      query.file_name = pattern;
      query.output_buffer_length = 65536;
      const std::optional<Reply> reply = client_->Call(Command::kQueryDirectory, query);
      proto::OutputBufferResponse response;
      if (!reply.has_value() || reply->status() != NtStatus::kOk ||
          !proto::OutputBufferResponse::Decode(reply->message, &response)) {
        break;
      }
      proto::DirectoryListReader list(proto::FileInfoClass::kIdBothDirectory, response.output);
      for (proto::DirectoryEntryInfo entry; list.Next(&entry);) {
        if (entry.name != "." && entry.name != "..") entries[entry.name] = entry.attributes;
      }
    }
    Close(id);
    return entries;
  }
  // As a client that knows nothing of reparse points: it believes the directory attribute.
  void RemoveTree(const std::string& directory) {
    for (const auto& [name, attributes] : List(directory)) {
      const std::string path = directory + "\\" + name;
      if ((attributes & kDirectory) != 0) RemoveTree(path);
      Remove(path, (attributes & kDirectory) != 0);
    }
  }
  void Remove(const std::string& path, bool directory) {
    proto::FileId id;
    const uint32_t kind = directory ? proto::kOptionDirectoryFile : proto::kOptionNonDirectoryFile;
    if (client_->Create(path, &id, proto::kDispositionOpen, proto::kOptionDeleteOnClose | kind,
                        kDelete) == NtStatus::kOk) {
      Close(id);
    }
  }
  std::string Read(proto::FileId id) {
    proto::ReadRequest read;
    read.file_id = id;
    read.length = 100;
    const std::optional<Reply> reply = client_->Call(Command::kRead, read);
    proto::ReadResponse response;
    if (!reply.has_value() || !proto::ReadResponse::Decode(reply->message, &response)) return "";
    return std::string(response.data.begin(), response.data.end());
  }

  static constexpr char kSecret[] = "not of this share";
  std::unique_ptr<TestClient> client_;
};

TEST_F(LinksTest, RemovingATreeLeavesWhatItsLinksLeadTo) {
  MakeDirectory("keep");
  MakeFile("keep/file", "precious");
  MakeDirectory("tree");
  MakeDirectory("tree/below");
  MakeFile("tree/below/file", "x");
  for (const char* name : {"tree/dir", "tree/below/dir"}) {
    files::create_directory_symlink(disk() + "/keep", disk() + "/" + name);
  }
  files::create_symlink("../keep", disk() + "/tree/relative");
  files::create_symlink("../keep/file", disk() + "/tree/file");
  files::create_symlink("nothing", disk() + "/tree/broken");
  files::create_symlink("..", disk() + "/tree/up");
  RemoveTree("tree");
  EXPECT_TRUE(files::is_empty(disk() + "/tree"));
  EXPECT_TRUE(files::exists(disk() + "/keep/file"));
}

TEST_F(LinksTest, LinksOutOfTheShareGiveNothing) {
  MakeDirectory("sub");
  const std::string secret = gateway_->directory() + "/secret";
  files::create_symlink(secret, disk() + "/absolute");
  files::create_symlink("../secret", disk() + "/out");
  files::create_symlink("sub/../../secret", disk() + "/around");
  files::create_directory_symlink("..", disk() + "/above");
  files::create_directory_symlink("/", disk() + "/root");
  files::create_directory_symlink("/proc/self/root", disk() + "/magic");
  for (const char* name : {"absolute", "out", "around", "above\\secret", "above", "root",
                           "root\\etc\\passwd", "magic\\etc\\passwd"}) {
    for (const uint32_t access : {0x00120089u, 0x001F01FFu, 0x02000000u, 0x00000080u}) {
      for (const uint32_t options : {0u, proto::kOptionOpenReparsePoint}) {
        for (const uint32_t disposition :
             {proto::kDispositionOpen, proto::kDispositionOpenIf, proto::kDispositionOverwriteIf}) {
          proto::FileId id;
          if (client_->Create(name, &id, disposition, options, access) != NtStatus::kOk) continue;
          EXPECT_EQ(options, proto::kOptionOpenReparsePoint) << name;
          EXPECT_EQ(Read(id), "") << name;
          Close(id);
        }
      }
    }
  }
  std::string content;
  std::getline(std::ifstream(secret), content);
  EXPECT_EQ(content, kSecret);
}

// The link is followed by the kernel at the open, within the share, whatever was seen before.
TEST_F(LinksTest, ALinkThatChangesDuringOpensGivesNothingFromOutside) {
  MakeFile("inside", "inside");
  const std::string link = disk() + "/link";
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    for (int i = 0; !stop; ++i) {
      const std::string next = disk() + "/next";
      files::remove(next);
      files::create_symlink(i % 2 == 0 ? "inside" : "../secret", next);
      files::rename(next, link);
    }
  });
  int read = 0;
  for (int i = 0; i < 500; ++i) {
    proto::FileId id;
    if (client_->Create("link", &id, proto::kDispositionOpen, 0, 0x00120089) != NtStatus::kOk) {
      continue;
    }
    EXPECT_EQ(Read(id), "inside");
    Close(id);
    ++read;
  }
  stop = true;
  swapper.join();
  EXPECT_GT(read, 0);
}

TEST_F(LinksTest, NamesThatClientsCannotSayAreNeitherStreamsNorPaths) {
  MakeFile("a", "plain");
  MakeFile("a:b", "colon");
  MakeFile("c\\d", "backslash");
  std::map<std::string, uint32_t> entries = List("");
  EXPECT_EQ(entries.size(), 3u);
  for (const auto& [name, attributes] : entries) {
    EXPECT_EQ(name.find_first_of(":\\/"), std::string::npos) << name;
    proto::FileId id;
    ASSERT_EQ(client_->Create(name, &id, proto::kDispositionOpen, 0, kGenericRead), NtStatus::kOk)
        << name;
    Close(id);
    Remove(name, false);
  }
  EXPECT_TRUE(files::is_empty(disk()));
}

TEST_F(LinksTest, AShareBehindAClosedDirectoryIsRefused) {
  if (!as_root()) GTEST_SKIP() << "the gateway acts for itself only";
  ASSERT_EQ(::chmod(gateway_->directory().c_str(), 0700), 0);
  EXPECT_EQ(Alice("disk"), nullptr);
  EXPECT_EQ(client_->ConnectTree("locked"), NtStatus::kAccessDenied);
  ASSERT_EQ(::chmod(gateway_->directory().c_str(), 0755), 0);
  EXPECT_NE(Alice("disk"), nullptr);
}

TEST_F(LinksTest, ALinkThatIsPointedElsewhereDoesNotMoveAShare) {
  const std::string real = gateway_->directory() + "/real";
  const std::string link = gateway_->directory() + "/link";
  files::create_directory(real);
  ASSERT_EQ(::chmod(real.c_str(), 0777), 0);
  files::create_directory_symlink(real, link);
  ASSERT_EQ(gateway_->Ctl({"share", "add", "added", link}).code, 0);
  files::remove(link);
  files::create_directory_symlink("/", link);
  const auto client = Alice("added");
  ASSERT_NE(client, nullptr);
  proto::FileId id;
  EXPECT_EQ(client->Create("made", &id), NtStatus::kOk);
  EXPECT_TRUE(files::exists(real + "/made"));
  const RealGateway::Answer answer = gateway_->Ctl({"share", "list", "--json"});
  EXPECT_NE(answer.out.find(real), std::string::npos) << answer.out;
  EXPECT_EQ(answer.out.find(link), std::string::npos) << answer.out;
}

}  // namespace
}  // namespace sluice::hostile
