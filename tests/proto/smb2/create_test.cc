#include "proto/smb2/create.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kNameOffset = 108;
constexpr size_t kNameLength = 110;
constexpr size_t kContextsOffset = 112;
constexpr size_t kContextsLength = 116;
constexpr size_t kResponseContextsOffset = 144;
constexpr size_t kResponseContextsLength = 148;

constexpr char kRequest[] =
    "3900 00 FF 02000000 0000000000000000 0000000000000000 89001200 80000000 07000000 05000000"
    "40002000 7800 0600 80000000 10000000"
    "6100 6200 6300 0000"
    "00000000 1000 0400 0000 1800 00000000";

constexpr char kResponse[] =
    "5900 09 01 02000000 0100000000000000 0200000000000000 0300000000000000 0400000000000000"
    "0010000000000000 0600000000000000 20000000 00000000 0102030405060708 1112131415161718"
    "98000000 08000000 AABBCCDDEEFF0011";

TEST(CreateRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  CreateRequest request;
  ASSERT_TRUE(CreateRequest::Decode(message, &request));
  EXPECT_EQ(request.requested_oplock_level, kOplockLevelLease);
  EXPECT_EQ(request.impersonation_level, kImpersonationImpersonation);
  EXPECT_EQ(request.desired_access, 0x00120089u);
  EXPECT_EQ(request.file_attributes, 0x80u);
  EXPECT_EQ(request.share_access, kShareAccessRead | kShareAccessWrite | kShareAccessDelete);
  EXPECT_EQ(request.create_disposition, kDispositionOverwriteIf);
  EXPECT_EQ(request.create_options, kOptionNonDirectoryFile | kOptionOpenReparsePoint);
  EXPECT_EQ(ToHex(request.name), ToHex(FromUtf8("abc")));
  EXPECT_EQ(request.create_contexts.size(), 16u);
  EXPECT_EQ(request.create_contexts[4], 0x10);
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(CreateRequest, AnEmptyNameIsOneZeroByteOnTheWire) {
  const CreateRequest request;
  const Bytes message = Encoded(request);
  EXPECT_EQ(message.size(), kHeaderBytes + 57);
  CreateRequest decoded;
  ASSERT_TRUE(CreateRequest::Decode(message, &decoded));
  EXPECT_TRUE(decoded.name.empty());
  EXPECT_TRUE(Decodes<CreateRequest>(absl::MakeConstSpan(message).subspan(0, kHeaderBytes + 56)));
}

TEST(CreateRequest, ContextsWithoutANameAreAligned) {
  const Bytes list(24, 0xCC);
  CreateRequest request;
  request.create_contexts = list;
  const Bytes message = Encoded(request);
  CreateRequest decoded;
  ASSERT_TRUE(CreateRequest::Decode(message, &decoded));
  EXPECT_EQ((decoded.create_contexts.data() - message.data()) % 8, 0);
  EXPECT_EQ(ToHex(decoded.create_contexts), ToHex(list));
}

TEST(CreateRequest, RejectsANameOutOfBounds) {
  for (const uint16_t offset : {0, 64, 118, 140, 0xFFFE}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kNameOffset, offset, &message);
    EXPECT_FALSE(Decodes<CreateRequest>(message)) << offset;
  }
  Bytes message = MessageFromHex(kRequest);
  Put16(kNameLength, 0xFFFE, &message);
  EXPECT_FALSE(Decodes<CreateRequest>(message));
}

TEST(CreateRequest, RejectsAnOddNameLength) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kNameLength, 5, &message);
  EXPECT_FALSE(Decodes<CreateRequest>(message));
}

TEST(CreateRequest, RejectsContextsOutOfBounds) {
  for (const uint32_t offset : {0u, 64u, 112u, 136u, 0x10000u, 0xFFFFFFF8u}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kContextsOffset, offset, &message);
    EXPECT_FALSE(Decodes<CreateRequest>(message)) << offset;
  }
  for (const uint32_t length : {17u, 0xFFFFFFF0u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kContextsLength, length, &message);
    EXPECT_FALSE(Decodes<CreateRequest>(message)) << length;
  }
}

TEST(CreateRequest, NoContextsMayHaveAnyOffset) {
  Bytes message = MessageFromHex(kRequest);
  Put32(kContextsLength, 0, &message);
  Put32(kContextsOffset, 0xFFFFFFFF, &message);
  EXPECT_TRUE(Decodes<CreateRequest>(message));
}

TEST(CreateRequest, RejectsWrongStructureSize) {
  for (const uint16_t size : {0, 56, 58}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kHeaderBytes, size, &message);
    EXPECT_FALSE(Decodes<CreateRequest>(message)) << size;
  }
}

TEST(CreateResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  CreateResponse response;
  ASSERT_TRUE(CreateResponse::Decode(message, &response));
  EXPECT_EQ(response.oplock_level, kOplockLevelBatch);
  EXPECT_EQ(response.flags, kCreateFlagReparsePoint);
  EXPECT_EQ(response.create_action, kActionCreated);
  EXPECT_EQ(response.creation_time, 1u);
  EXPECT_EQ(response.last_access_time, 2u);
  EXPECT_EQ(response.last_write_time, 3u);
  EXPECT_EQ(response.change_time, 4u);
  EXPECT_EQ(response.allocation_size, 4096u);
  EXPECT_EQ(response.end_of_file, 6u);
  EXPECT_EQ(response.file_attributes, 0x20u);
  EXPECT_EQ(response.file_id, kTestFileId);
  EXPECT_EQ(ToHex(response.create_contexts), "aabbccddeeff0011");
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

TEST(CreateResponse, ContextsMayBeWrittenInPlaceFirst) {
  Bytes buffer(256);
  buffer[CreateResponse::kContextsOffset] = 0x77;
  Writer w(absl::MakeSpan(buffer));
  w.Zeros(kHeaderBytes);
  CreateResponse response;
  response.create_contexts =
      absl::MakeConstSpan(buffer).subspan(CreateResponse::kContextsOffset, 8);
  response.Encode(w);
  EXPECT_TRUE(w.ok());
  EXPECT_EQ(w.size(), CreateResponse::kContextsOffset + 8);
  EXPECT_EQ(buffer[CreateResponse::kContextsOffset], 0x77);
}

TEST(CreateResponse, WithoutContextsIsEightyEightBytes) {
  EXPECT_EQ(Encoded(CreateResponse()).size(), kHeaderBytes + 88);
}

TEST(CreateResponse, RejectsContextsOutOfBounds) {
  Bytes message = MessageFromHex(kResponse);
  Put32(kResponseContextsLength, 9, &message);
  EXPECT_FALSE(Decodes<CreateResponse>(message));
  message = MessageFromHex(kResponse);
  Put32(kResponseContextsOffset, 144, &message);
  EXPECT_FALSE(Decodes<CreateResponse>(message));
}

}  // namespace
}  // namespace sluice::proto
