#include "proto/smb2/create_context_types.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

Bytes Counting(size_t n) {
  Bytes bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i + 1);
  return bytes;
}

// Decodes, and encodes what came out.
template <typename T>
std::string Reencoded(const Bytes& bytes) {
  T value;
  EXPECT_TRUE(T::Decode(bytes, &value));
  return ToHex(Encoded(value));
}

std::string ZeroedAt(Bytes bytes, size_t offset, size_t count) {
  for (size_t i = 0; i < count; ++i) bytes[offset + i] = 0;
  return ToHex(bytes);
}

TEST(CreateContextTypes, FieldsAreInTheSamePlaceBothWays) {
  EXPECT_EQ(Reencoded<DurableRequest>(Counting(16)), ToHex(Bytes(16)));
  EXPECT_EQ(Reencoded<DurableResponse>(Counting(8)), ToHex(Bytes(8)));
  EXPECT_EQ(Reencoded<DurableReconnect>(Counting(16)), ToHex(Counting(16)));
  EXPECT_EQ(Reencoded<AllocationSizeContext>(Counting(8)), ToHex(Counting(8)));
  EXPECT_EQ(Reencoded<MaximalAccessRequest>(Counting(8)), ToHex(Counting(8)));
  EXPECT_EQ(Reencoded<MaximalAccessResponse>(Counting(8)), ToHex(Counting(8)));
  EXPECT_EQ(Reencoded<Timewarp>(Counting(8)), ToHex(Counting(8)));
  EXPECT_EQ(Reencoded<OnDiskIdResponse>(Counting(32)), ZeroedAt(Counting(32), 16, 16));
  EXPECT_EQ(Reencoded<LeaseContext>(Counting(32)), ZeroedAt(Counting(32), 24, 8));
  EXPECT_EQ(Reencoded<DurableRequestV2>(Counting(32)), ZeroedAt(Counting(32), 8, 8));
  EXPECT_EQ(Reencoded<DurableResponseV2>(Counting(8)), ToHex(Counting(8)));
  EXPECT_EQ(Reencoded<DurableReconnectV2>(Counting(36)), ToHex(Counting(36)));
}

template <typename T>
void ExpectExactly(size_t bytes) {
  EXPECT_TRUE(Decodes<T>(Bytes(bytes)));
  EXPECT_TRUE(AcceptedTruncationsOf<T>(Bytes(bytes)).empty());
  EXPECT_FALSE(Decodes<T>(Bytes(bytes + 1)));
}

TEST(CreateContextTypes, RequestsOfAnotherLengthAreRefused) {
  ExpectExactly<DurableRequest>(16);
  ExpectExactly<DurableReconnect>(16);
  ExpectExactly<AllocationSizeContext>(8);
  ExpectExactly<Timewarp>(8);
  ExpectExactly<DurableRequestV2>(32);
  ExpectExactly<DurableReconnectV2>(36);
  EXPECT_TRUE(AcceptedTruncationsOf<MaximalAccessResponse>(Bytes(8)).empty());
  EXPECT_TRUE(AcceptedTruncationsOf<OnDiskIdResponse>(Bytes(32)).empty());
  EXPECT_TRUE(AcceptedTruncationsOf<DurableResponseV2>(Bytes(8)).empty());
}

TEST(MaximalAccessRequest, TimestampMayBeMissing) {
  MaximalAccessRequest request;
  ASSERT_TRUE(MaximalAccessRequest::Decode({}, &request));
  EXPECT_FALSE(request.timestamp.has_value());
  EXPECT_TRUE(Encoded(request).empty());
  EXPECT_FALSE(Decodes<MaximalAccessRequest>(Bytes(4)));
  EXPECT_FALSE(Decodes<MaximalAccessRequest>(Bytes(9)));
}

TEST(LeaseContext, VersionIsToldByTheLength) {
  EXPECT_EQ(AcceptedTruncationsOf<LeaseContext>(Bytes(52)), std::vector<size_t>{32});
  EXPECT_FALSE(Decodes<LeaseContext>(Bytes(53)));
  LeaseContext lease;
  lease.version = 2;
  lease.key.fill(0x11);
  lease.state = lease_state::kRead | lease_state::kHandle;
  lease.flags = LeaseContext::kParentKeySet;
  lease.parent_key.fill(0x22);
  lease.epoch = 0x3344;
  const Bytes bytes = Encoded(lease);
  EXPECT_EQ(ToHex(bytes),
            "11111111111111111111111111111111"
            "03000000"
            "04000000"
            "0000000000000000"
            "22222222222222222222222222222222"
            "4433"
            "0000");
  LeaseContext out;
  ASSERT_TRUE(LeaseContext::Decode(bytes, &out));
  EXPECT_EQ(out.version, 2);
  EXPECT_EQ(out.epoch, 0x3344);
  EXPECT_EQ(out.parent_key, lease.parent_key);
  // What version 2 left behind does not stay in a version 1.
  ASSERT_TRUE(LeaseContext::Decode(Bytes(32), &out));
  EXPECT_EQ(out.version, 1);
  EXPECT_EQ(out.epoch, 0);
  EXPECT_EQ(out.parent_key, Guid());
}

TEST(AppInstanceId, RoundTrips) {
  AppInstanceId id;
  id.id.fill(0xAB);
  const Bytes bytes = Encoded(id);
  EXPECT_EQ(ToHex(bytes), "14000000abababababababababababababababab");
  EXPECT_TRUE(AcceptedTruncationsOf<AppInstanceId>(bytes).empty());
  EXPECT_FALSE(Decodes<AppInstanceId>(Bytes(20)));
}

TEST(AppInstanceVersion, RoundTrips) {
  AppInstanceVersion version;
  version.high = 1;
  version.low = 2;
  const Bytes bytes = Encoded(version);
  EXPECT_EQ(ToHex(bytes), "180000000000000001000000000000000200000000000000");
  AppInstanceVersion out;
  ASSERT_TRUE(AppInstanceVersion::Decode(bytes, &out));
  EXPECT_EQ(out.high, 1u);
  EXPECT_EQ(out.low, 2u);
  EXPECT_TRUE(AcceptedTruncationsOf<AppInstanceVersion>(bytes).empty());
  EXPECT_FALSE(Decodes<AppInstanceVersion>(Bytes(24)));
}

// The example of [MS-RSVD] 4.1.
SvhdxOpenDevice Example() {
  SvhdxOpenDevice open;
  open.has_initiator_id = true;
  open.initiator_id.fill(0x77);
  open.originator_flags = 1;
  open.open_request_id = 0x1EC7871E;
  open.initiator_host_name = "client01";
  return open;
}

TEST(SvhdxOpenDevice, BothVersionsRoundTrip) {
  for (const uint32_t version : {1u, 2u}) {
    SvhdxOpenDevice open = Example();
    open.version = version;
    if (version == 2) open.virtual_bytes = 1 << 30;
    const Bytes bytes = Encoded(open);
    EXPECT_EQ(bytes.size(), version == 1 ? 168u : 192u);
    SvhdxOpenDevice out;
    ASSERT_TRUE(SvhdxOpenDevice::Decode(bytes, &out));
    EXPECT_TRUE(out.has_initiator_id);
    EXPECT_EQ(out.initiator_host_name, "client01");
    EXPECT_EQ(out.open_request_id, 0x1EC7871Eu);
    EXPECT_EQ(out.virtual_bytes, open.virtual_bytes);
    EXPECT_TRUE(AcceptedTruncationsOf<SvhdxOpenDevice>(bytes).empty());
    DecodeDamagedOf<SvhdxOpenDevice>(bytes);
  }
}

bool SvhdxWith(size_t offset, uint8_t value) {
  Bytes bytes = Encoded(Example());
  bytes[offset] = value;
  return Decodes<SvhdxOpenDevice>(bytes);
}

TEST(SvhdxOpenDevice, RejectsUnknownVersion) { EXPECT_FALSE(SvhdxWith(0, 3)); }
TEST(SvhdxOpenDevice, RejectsBooleanThatIsNone) { EXPECT_FALSE(SvhdxWith(4, 2)); }
TEST(SvhdxOpenDevice, RejectsNameLongerThanItsField) { EXPECT_FALSE(SvhdxWith(40, 128)); }

TEST(SvhdxOpenDevice, NameTooLongFailsTheWriter) {
  SvhdxOpenDevice open = Example();
  open.initiator_host_name = std::string(64, 'x');
  EXPECT_TRUE(Encoded(open).empty());
}

}  // namespace
}  // namespace sluice::proto
