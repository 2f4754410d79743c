// Lists and descriptors that lie inside a valid request: the classes of CVE-2023-38427,
// CVE-2023-3865, CVE-2024-22705 and CVE-2025-22038 (ksmbd: create contexts, EA lists, SIDs and ACLs
// read out of bounds). Each field of a valid buffer is set to values at the edges of what it may
// be.
#include <array>
#include <cstdint>
#include <vector>

#include "proto/smb2/create.h"
#include "proto/smb2/set_info.h"
#include "proto/wire/utf16.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint8_t kInfoFile = 1;
constexpr uint8_t kInfoSecurity = 3;
constexpr uint8_t kFullEaInformation = 15;

void Append(Bytes* out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// The buffer with each field of 1, 2 and 4 bytes in turn at values that lie.
std::vector<Bytes> Lies(const Bytes& buffer) {
  std::vector<Bytes> lies;
  const auto size = static_cast<uint32_t>(buffer.size());
  for (const uint32_t value :
       {0u, 1u, 7u, size - 1, size, size + 1, 0x7FFFFFFFu, 0xFFFFFFF8u, 0xFFFFFFFFu}) {
    for (size_t at = 0; at < buffer.size(); at += 2) {
      for (const size_t bytes : {1u, 2u, 4u}) {
        if (at % bytes != 0 || at + bytes > buffer.size()) continue;
        Bytes lie = buffer;
        for (size_t i = 0; i < bytes; ++i) lie[at + i] = static_cast<uint8_t>(value >> (8 * i));
        if (lie != buffer) lies.push_back(std::move(lie));
      }
    }
  }
  for (size_t bytes = 0; bytes < buffer.size(); ++bytes) {
    lies.emplace_back(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(bytes));
  }
  return lies;
}

// One context with data that ends with the list.
Bytes Context(absl::string_view name, const Bytes& data) {
  Bytes list;
  Append(&list, 0, 4);
  Append(&list, 16, 2);
  Append(&list, static_cast<uint32_t>(name.size()), 2);
  Append(&list, 0, 2);
  Append(&list, static_cast<uint32_t>(16 + name.size() + 4), 2);
  Append(&list, static_cast<uint32_t>(data.size()), 4);
  for (const char c : name) list.push_back(static_cast<uint8_t>(c));
  Append(&list, 0, 4);
  list.insert(list.end(), data.begin(), data.end());
  return list;
}

Bytes Ea() {
  Bytes list;
  Append(&list, 20, 4);  // next
  list.insert(list.end(), {0, 3, 4, 0, 'o', 'n', 'e', 0, 'd', 'a', 't', 'a'});
  list.resize(20);
  Append(&list, 0, 4);
  list.insert(list.end(), {0, 3, 2, 0, 't', 'w', 'o', 0, 'm', 'e'});
  return list;
}

// Self-relative, with an owner and a DACL of one ACE for Everyone.
Bytes Descriptor() {
  Bytes sd = {1, 0, 0x04, 0x80};
  for (const uint32_t offset : {20u, 0u, 0u, 32u}) Append(&sd, offset, 4);
  const Bytes everyone = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
  sd.insert(sd.end(), everyone.begin(), everyone.end());
  sd.insert(sd.end(), {2, 0, 28, 0, 1, 0, 0, 0});        // the ACL
  sd.insert(sd.end(), {0, 0, 20, 0, 0xFF, 1, 0x1F, 0});  // the ACE
  sd.insert(sd.end(), everyone.begin(), everyone.end());
  return sd;
}

class HostileLists : public HostileTest {
 protected:
  // The status of a CREATE with this list of contexts; a new file each time.
  NtStatus CreateWith(TestClient& client, const Bytes& contexts) {
    Bytes name;
    proto::Utf8ToUtf16("created-" + std::to_string(++created_), &name);
    proto::CreateRequest request;
    request.desired_access = 0x001F01FF;
    request.create_disposition = proto::kDispositionOpenIf;
    request.create_options = proto::kOptionDeleteOnClose;
    request.name = name;
    request.create_contexts = contexts;
    const std::optional<Reply> reply = client.Call(Command::kCreate, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  NtStatus Set(TestClient& client, proto::FileId id, uint8_t type, uint8_t file_class,
               uint32_t additional, const Bytes& buffer) {
    proto::SetInfoRequest request;
    request.info_type = type;
    request.file_info_class = file_class;
    request.additional_information = additional;
    request.file_id = id;
    request.buffer = buffer;
    const std::optional<Reply> reply = client.Call(Command::kSetInfo, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }

  int created_ = 0;
};

TEST_F(HostileLists, CreateContextsOutOfBounds) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  const std::array<std::pair<absl::string_view, Bytes>, 8> contexts = {{
      {"ExtA", Ea()},
      {"SecD", Descriptor()},
      {"MxAc", Bytes(8)},
      {"TWrp", Bytes(8, 1)},
      {"AlSi", Bytes(8, 0)},
      {"RqLs", Bytes(52, 3)},
      {"DH2Q", Bytes(32, 2)},
      {"DH2C", Bytes(36, 2)},
  }};
  for (const auto& [name, data] : contexts) {
    ASSERT_NE(CreateWith(*alice, Context(name, data)), NtStatus::kConnectionDisconnected) << name;
    for (const Bytes& lie : Lies(Context(name, data))) {
      ASSERT_NE(CreateWith(*alice, lie), NtStatus::kConnectionDisconnected) << name;
    }
  }
}

TEST_F(HostileLists, EaListsThatLie) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("f", &id), NtStatus::kOk);
  for (const Bytes& lie : Lies(Ea())) {
    ASSERT_NE(Set(*alice, id, kInfoFile, kFullEaInformation, 0, lie),
              NtStatus::kConnectionDisconnected);
  }
}

TEST_F(HostileLists, SecurityDescriptorsThatLie) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("f", &id), NtStatus::kOk);
  constexpr uint32_t kOwnerGroupAndDacl = 7;
  for (const Bytes& lie : Lies(Descriptor())) {
    ASSERT_NE(Set(*alice, id, kInfoSecurity, 0, kOwnerGroupAndDacl, lie),
              NtStatus::kConnectionDisconnected);
  }
}

TEST_F(HostileLists, EveryInformationClassWithEveryLength) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("f", &id), NtStatus::kOk);
  for (int type = 0; type < 6; ++type) {
    for (int file_class = 0; file_class < 80; ++file_class) {
      for (const size_t bytes : {0u, 1u, 3u, 8u, 20u, 23u, 24u, 40u, 41u}) {
        ASSERT_NE(Set(*alice, id, static_cast<uint8_t>(type), static_cast<uint8_t>(file_class), 0xF,
                      Bytes(bytes, 0xFF)),
                  NtStatus::kConnectionDisconnected)
            << type << " " << file_class << " " << bytes;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::hostile
