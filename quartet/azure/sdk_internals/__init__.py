"""Every use of a private name of the Azure SDKs, each with its reason; tests hold that the names are still there.

`calls`: what the SDKs can do and have no public call for. `receiving`: a receive loop that does not nap.
`amqp_decoding`: messages that the SDK cannot decode.
"""
