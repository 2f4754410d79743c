#include "proto/smb2/ioctl.h"

#include "gtest/gtest.h"
#include "proto/smb2/fsctl.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kInputOffset = 88;
constexpr size_t kInputCount = 92;
constexpr size_t kOutputOffset = 100;
constexpr size_t kOutputCount = 104;
constexpr size_t kResponseOutputOffset = 96;
constexpr size_t kResponseOutputCount = 100;

constexpr char kRequest[] =
    "3900 0000 17C01100 0102030405060708 1112131415161718 78000000 03000000 05000000"
    "00000000 00000000 00000100 01000000 00000000 AABBCC";
constexpr char kResponse[] =
    "3100 0000 17C01100 0102030405060708 1112131415161718 70000000 00000000"
    "70000000 03000000 00000000 00000000 AABBCC";

TEST(IoctlRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  IoctlRequest request;
  ASSERT_TRUE(IoctlRequest::Decode(message, &request));
  EXPECT_EQ(request.ctl_code, kFsctlPipeTransceive);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(request.max_input_response, 5u);
  EXPECT_EQ(request.max_output_response, 0x10000u);
  EXPECT_EQ(request.flags, kIoctlIsFsctl);
  EXPECT_EQ(ToHex(request.input), "aabbcc");
  EXPECT_TRUE(request.output.empty());
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(IoctlRequest, RejectsInputOutOfBounds) {
  for (const uint32_t offset : {0u, 64u, 119u, 121u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kInputOffset, offset, &message);
    EXPECT_FALSE(Decodes<IoctlRequest>(message)) << offset;
  }
  for (const uint32_t count : {4u, 0xFFFFFF88u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kInputCount, count, &message);
    EXPECT_FALSE(Decodes<IoctlRequest>(message)) << count;
  }
}

TEST(IoctlRequest, RejectsOutputOutOfBounds) {
  Bytes message = MessageFromHex(kRequest);
  Put32(kOutputCount, 1, &message);
  EXPECT_FALSE(Decodes<IoctlRequest>(message));
  Put32(kOutputOffset, 123, &message);
  EXPECT_FALSE(Decodes<IoctlRequest>(message));
  Put32(kOutputOffset, 122, &message);
  EXPECT_TRUE(Decodes<IoctlRequest>(message));
}

TEST(IoctlRequest, NoInputMayHaveAnyOffset) {
  Bytes message = MessageFromHex(kRequest);
  message.resize(kHeaderBytes + 56);
  Put32(kInputCount, 0, &message);
  Put32(kInputOffset, 0xFFFFFFFF, &message);
  EXPECT_TRUE(Decodes<IoctlRequest>(message));
}

TEST(IoctlRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 56, &message);
  EXPECT_FALSE(Decodes<IoctlRequest>(message));
}

TEST(IoctlResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  IoctlResponse response;
  ASSERT_TRUE(IoctlResponse::Decode(message, &response));
  EXPECT_EQ(response.ctl_code, kFsctlPipeTransceive);
  EXPECT_EQ(response.file_id, kTestFileId);
  EXPECT_TRUE(response.input.empty());
  EXPECT_EQ(ToHex(response.output), "aabbcc");
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

TEST(IoctlResponse, OutputFollowsInputAligned) {
  const Bytes input(5, 1);
  const Bytes output(3, 2);
  IoctlResponse response;
  response.input = input;
  response.output = output;
  const Bytes message = Encoded(response);
  IoctlResponse decoded;
  ASSERT_TRUE(IoctlResponse::Decode(message, &decoded));
  EXPECT_EQ(ToHex(decoded.input), ToHex(input));
  EXPECT_EQ(ToHex(decoded.output), ToHex(output));
  EXPECT_EQ(decoded.output.data(), message.data() + 120);
}

TEST(IoctlResponse, RejectsOutputOutOfBounds) {
  Bytes message = MessageFromHex(kResponse);
  Put32(kResponseOutputCount, 4, &message);
  EXPECT_FALSE(Decodes<IoctlResponse>(message));
  message = MessageFromHex(kResponse);
  Put32(kResponseOutputOffset, 111, &message);
  EXPECT_FALSE(Decodes<IoctlResponse>(message));
}

}  // namespace
}  // namespace sluice::proto
