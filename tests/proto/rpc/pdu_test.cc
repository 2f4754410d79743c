#include "proto/rpc/pdu.h"

#include "gtest/gtest.h"
#include "tests/proto/rpc/captured_pdus.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto::rpc {
namespace {

TEST(PduHeader, RoundTrips) {
  const Bytes bytes = FromHex(kBind);
  PduHeader header;
  ASSERT_TRUE(PduHeader::Decode(bytes, &header));
  EXPECT_EQ(header.type, PduType::kBind);
  EXPECT_EQ(header.fragment_bytes, bytes.size());
  EXPECT_EQ(header.call_id, 1u);
  EXPECT_EQ(ToHex(Encoded(header)), ToHex(absl::MakeConstSpan(bytes).subspan(0, 16)));
}

bool HeaderWith(size_t offset, uint8_t value) {
  Bytes bytes = FromHex(kBind);
  bytes[offset] = value;
  return Decodes<PduHeader>(bytes);
}

TEST(PduHeader, RejectsOtherVersions) {
  EXPECT_FALSE(HeaderWith(0, 4));
  EXPECT_TRUE(HeaderWith(1, 1));
  EXPECT_FALSE(HeaderWith(1, 2));
}
TEST(PduHeader, RejectsBigEndian) { EXPECT_FALSE(HeaderWith(4, 0x00)); }
TEST(PduHeader, RejectsEbcdic) { EXPECT_FALSE(HeaderWith(4, 0x11)); }
TEST(PduHeader, RejectsVaxFloats) { EXPECT_FALSE(HeaderWith(5, 1)); }
TEST(PduHeader, RejectsFragmentSmallerThanTheHeader) { EXPECT_FALSE(HeaderWith(8, 15)); }

TEST(BindPdu, DecodesAndEncodesWhatSmbclientSends) {
  const Bytes bytes = FromHex(kBind);
  BindPdu bind;
  ASSERT_TRUE(BindPdu::Decode(bytes, &bind));
  EXPECT_EQ(bind.max_receive, 4280);
  ASSERT_EQ(bind.contexts.size(), 1u);
  EXPECT_EQ(bind.contexts[0].abstract_syntax, kSrvsvcSyntax);
  ASSERT_EQ(bind.contexts[0].transfer_syntaxes.size(), 1u);
  EXPECT_EQ(bind.contexts[0].transfer_syntaxes[0], kNdrSyntax);
  EXPECT_EQ(ToHex(Written([&](Writer& w) { bind.Encode(w, PduType::kBind, 1); })), ToHex(bytes));
}

TEST(BindPdu, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<BindPdu>(FromHex(kBind)).empty());
  DecodeDamagedOf<BindPdu>(FromHex(kBind));
}

TEST(BindPdu, RejectsTooManyContexts) {
  BindPdu bind;
  bind.contexts.resize(kContextsMax);
  EXPECT_TRUE(Decodes<BindPdu>(Written([&](Writer& w) { bind.Encode(w, PduType::kBind, 1); })));
  bind.contexts.resize(kContextsMax + 1);
  EXPECT_FALSE(Decodes<BindPdu>(Written([&](Writer& w) { bind.Encode(w, PduType::kBind, 1); })));
}

TEST(BindPdu, RejectsTooManyTransferSyntaxes) {
  BindPdu bind;
  bind.contexts.resize(1);
  bind.contexts[0].transfer_syntaxes.resize(kTransferSyntaxesMax + 1);
  EXPECT_FALSE(Decodes<BindPdu>(Written([&](Writer& w) { bind.Encode(w, PduType::kBind, 1); })));
}

TEST(BindPdu, RejectsAuthTrailerLongerThanTheFragment) {
  Bytes bytes = FromHex(kBind);
  bytes[10] = 60;
  EXPECT_FALSE(Decodes<BindPdu>(bytes));
}

TEST(BindAckPdu, DecodesAndEncodesWhatSmbdSends) {
  const Bytes bytes = FromHex(kBindAck);
  BindAckPdu ack;
  ASSERT_TRUE(BindAckPdu::Decode(bytes, &ack));
  EXPECT_EQ(ack.secondary_address, "\\pipe\\srvsvc");
  ASSERT_EQ(ack.results.size(), 1u);
  EXPECT_EQ(ack.results[0].result, ContextResult::kAcceptance);
  EXPECT_EQ(ack.results[0].transfer_syntax, kNdrSyntax);
  EXPECT_EQ(ToHex(Written([&](Writer& w) { ack.Encode(w, PduType::kBindAck, 1); })), ToHex(bytes));
  EXPECT_TRUE(AcceptedTruncationsOf<BindAckPdu>(bytes).empty());
  DecodeDamagedOf<BindAckPdu>(bytes);
}

TEST(RequestPdu, DecodesAndEncodesWhatSmbclientSends) {
  const Bytes bytes = FromHex(kShareEnumRequest);
  RequestPdu request;
  ASSERT_TRUE(RequestPdu::Decode(bytes, &request));
  EXPECT_EQ(request.operation, 15);
  EXPECT_EQ(request.context_id, 0);
  EXPECT_EQ(request.allocation_hint, request.stub.size());
  EXPECT_EQ(ToHex(Encoded(request)), ToHex(bytes));
  EXPECT_TRUE(AcceptedTruncationsOf<RequestPdu>(bytes).empty());
  DecodeDamagedOf<RequestPdu>(bytes);
}

TEST(RequestPdu, ObjectUuidRoundTrips) {
  const Bytes stub = {1, 2, 3};
  RequestPdu request;
  request.object.emplace().fill(0x5A);
  request.stub = stub;
  const Bytes bytes = Encoded(request);
  RequestPdu out;
  ASSERT_TRUE(RequestPdu::Decode(bytes, &out));
  EXPECT_EQ(out.object, request.object);
  EXPECT_EQ(out.stub, absl::MakeConstSpan(stub));
}

TEST(RequestPdu, AuthTrailerIsNotPartOfTheStub) {
  const Bytes stub = {1, 2, 3, 4};
  RequestPdu request;
  request.header.auth_bytes = 4;
  Bytes with_trailer = stub;
  with_trailer.resize(stub.size() + 8 + 4);
  request.stub = with_trailer;
  const Bytes bytes = Encoded(request);
  RequestPdu out;
  ASSERT_TRUE(RequestPdu::Decode(bytes, &out));
  EXPECT_EQ(out.stub, absl::MakeConstSpan(stub));
}

TEST(ResponsePdu, DecodesAndEncodesWhatSmbdSends) {
  const Bytes bytes = FromHex(kShareEnumResponse);
  ResponsePdu response;
  ASSERT_TRUE(ResponsePdu::Decode(bytes, &response));
  EXPECT_EQ(response.stub.size(), 0xE8u);
  EXPECT_EQ(ToHex(Encoded(response)), ToHex(bytes));
  EXPECT_TRUE(AcceptedTruncationsOf<ResponsePdu>(bytes).empty());
}

TEST(FaultPdu, RoundTrips) {
  FaultPdu fault;
  fault.header.call_id = 9;
  fault.context_id = 2;
  fault.status = fault_status::kOperationRange;
  const Bytes bytes = Encoded(fault);
  EXPECT_EQ(ToHex(bytes), "0500030310000000200000000900000000000000020000000200011c00000000");
  FaultPdu out;
  ASSERT_TRUE(FaultPdu::Decode(bytes, &out));
  EXPECT_EQ(out.status, fault_status::kOperationRange);
  EXPECT_EQ(out.header.call_id, 9u);
  EXPECT_TRUE(AcceptedTruncationsOf<FaultPdu>(bytes).empty());
}

TEST(Pdu, TypesAreNotTakenForEachOther) {
  EXPECT_FALSE(Decodes<BindPdu>(FromHex(kBindAck)));
  EXPECT_FALSE(Decodes<BindAckPdu>(FromHex(kBind)));
  EXPECT_FALSE(Decodes<RequestPdu>(FromHex(kShareEnumResponse)));
  EXPECT_FALSE(Decodes<ResponsePdu>(FromHex(kShareEnumRequest)));
  EXPECT_FALSE(Decodes<FaultPdu>(FromHex(kShareEnumResponse)));
}

}  // namespace
}  // namespace sluice::proto::rpc
