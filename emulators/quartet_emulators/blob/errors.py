"""What the Blob service says when it refuses.

Codes, statuses and their meaning follow "Blob service error codes" and "Common REST API error codes" of the
Azure Storage REST documentation.
"""

from enum import Enum
from xml.sax.saxutils import escape


class ErrorCode(Enum):
    """An error code of the service with its HTTP status and the sentence that goes with it."""

    AUTHENTICATION_FAILED = (
        "AuthenticationFailed",
        403,
        "Server failed to authenticate the request. The Authorization header or its signature is wrong.",
    )
    AUTHORIZATION_PERMISSION_MISMATCH = (
        "AuthorizationPermissionMismatch",
        403,
        "This request is not authorized to perform this operation using this permission.",
    )
    AUTHORIZATION_PROTOCOL_MISMATCH = (
        "AuthorizationProtocolMismatch",
        403,
        "This request is not authorized to perform this operation using this protocol.",
    )
    AUTHORIZATION_RESOURCE_TYPE_MISMATCH = (
        "AuthorizationResourceTypeMismatch",
        403,
        "This request is not authorized to perform this operation using this resource type.",
    )
    AUTHORIZATION_SERVICE_MISMATCH = (
        "AuthorizationServiceMismatch",
        403,
        "This request is not authorized to perform this operation using this service.",
    )
    BLOB_ALREADY_EXISTS = ("BlobAlreadyExists", 409, "The specified blob already exists.")
    BLOB_NOT_FOUND = ("BlobNotFound", 404, "The specified blob does not exist.")
    CANNOT_VERIFY_COPY_SOURCE = ("CannotVerifyCopySource", 404, "Could not verify the copy source.")
    CONDITION_NOT_MET = (
        "ConditionNotMet",
        412,
        "The condition specified using HTTP conditional header(s) is not met.",
    )
    CONTAINER_ALREADY_EXISTS = ("ContainerAlreadyExists", 409, "The specified container already exists.")
    CONTAINER_NOT_FOUND = ("ContainerNotFound", 404, "The specified container does not exist.")
    INSUFFICIENT_ACCOUNT_PERMISSIONS = ("InsufficientAccountPermissions", 403, "Write operations are not allowed.")
    INTERNAL_ERROR = ("InternalError", 500, "The server encountered an internal error.")
    INVALID_AUTHENTICATION_INFO = (
        "InvalidAuthenticationInfo",
        401,
        "Authentication information is not given in the correct format. Check the value of Authorization header.",
    )
    INVALID_BLOB_OR_BLOCK = ("InvalidBlobOrBlock", 400, "The specified blob or block content is invalid.")
    INVALID_BLOCK_LIST = ("InvalidBlockList", 400, "The specified block list is invalid.")
    INVALID_HEADER_VALUE = ("InvalidHeaderValue", 400, "The value for one of the HTTP headers is not valid.")
    INVALID_INPUT = ("InvalidInput", 400, "One of the request inputs is not valid.")
    INVALID_MD5 = ("InvalidMd5", 400, "The MD5 value specified in the request is invalid.")
    INVALID_METADATA = ("InvalidMetadata", 400, "The metadata specified is invalid.")
    INVALID_QUERY = ("InvalidQueryParameterValue", 400, "Value for one of the query parameters is invalid.")
    INVALID_RANGE = (
        "InvalidRange",
        416,
        "The range specified is invalid for the current size of the resource.",
    )
    INVALID_RESOURCE_NAME = (
        "InvalidResourceName",
        400,
        "The specified resource name contains invalid characters.",
    )
    INVALID_URI = ("InvalidUri", 400, "The requested URI does not represent any resource on the server.")
    INVALID_XML = ("InvalidXmlDocument", 400, "The specified XML is not syntactically valid.")
    INVALID_TAG = ("InvalidTag", 400, "The tags specified are invalid. It contains characters that are not permitted.")
    LEASE_ALREADY_PRESENT = ("LeaseAlreadyPresent", 409, "There is already a lease present.")
    LEASE_ID_MISMATCH_WITH_BLOB = (
        "LeaseIdMismatchWithBlobOperation",
        412,
        "The lease ID specified did not match the lease ID for the blob.",
    )
    LEASE_ID_MISMATCH_WITH_CONTAINER = (
        "LeaseIdMismatchWithContainerOperation",
        412,
        "The lease ID specified did not match the lease ID for the container.",
    )
    LEASE_ID_MISMATCH_WITH_LEASE = (
        "LeaseIdMismatchWithLeaseOperation",
        409,
        "The lease ID specified did not match the lease ID for the resource.",
    )
    LEASE_ID_MISSING = (
        "LeaseIdMissing",
        412,
        "There is currently a lease on the resource and no lease ID was specified in the request.",
    )
    LEASE_IS_BREAKING_NOT_ACQUIRED = (
        "LeaseIsBreakingAndCannotBeAcquired",
        409,
        "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken.",
    )
    LEASE_IS_BREAKING_NOT_CHANGED = (
        "LeaseIsBreakingAndCannotBeChanged",
        409,
        "The lease ID matched, but the lease is currently in breaking state and cannot be changed.",
    )
    LEASE_IS_BROKEN = (
        "LeaseIsBrokenAndCannotBeRenewed",
        409,
        "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.",
    )
    LEASE_LOST = ("LeaseLost", 412, "A lease ID was specified, but the lease for the resource has expired.")
    LEASE_NOT_PRESENT_WITH_BLOB = (
        "LeaseNotPresentWithBlobOperation",
        412,
        "There is currently no lease on the blob.",
    )
    LEASE_NOT_PRESENT_WITH_CONTAINER = (
        "LeaseNotPresentWithContainerOperation",
        412,
        "There is currently no lease on the container.",
    )
    LEASE_NOT_PRESENT_WITH_LEASE = (
        "LeaseNotPresentWithLeaseOperation",
        409,
        "There is currently no lease on the resource.",
    )
    MD5_MISMATCH = ("Md5Mismatch", 400, "The MD5 value specified does not match the value that was computed.")
    METADATA_TOO_LARGE = ("MetadataTooLarge", 400, "The size of the specified metadata exceeds 8 KB.")
    MISSING_HEADER = ("MissingRequiredHeader", 400, "An HTTP header that is mandatory is not specified.")
    NO_AUTHENTICATION = ("NoAuthenticationInformation", 401, "Server failed to authenticate the request.")
    NO_PENDING_COPY = ("NoPendingCopyOperation", 409, "There is currently no pending copy operation.")
    NOT_IMPLEMENTED = ("NotImplemented", 501, "The requested operation is not implemented by this emulator.")
    NOT_MODIFIED = (
        "ConditionNotMet",
        304,
        "The condition specified using HTTP conditional header(s) is not met.",
    )
    OPERATION_TIMED_OUT = (
        "OperationTimedOut",
        500,
        "The operation could not be completed within the permitted time.",
    )
    OUT_OF_RANGE_QUERY = (
        "OutOfRangeQueryParameterValue",
        400,
        "One of the query parameters is outside the permissible range.",
    )
    PUBLIC_ACCESS_NOT_PERMITTED = (
        "PublicAccessNotPermitted",
        409,
        "Public access is not permitted on this storage account.",
    )
    REQUEST_BODY_TOO_LARGE = ("RequestBodyTooLarge", 413, "The request body exceeds the maximum size.")
    RESOURCE_NOT_FOUND = ("ResourceNotFound", 404, "The specified resource does not exist.")
    SERVER_BUSY = ("ServerBusy", 503, "The server is currently unable to receive requests. Please retry your request.")
    SOURCE_CONDITION_NOT_MET = (
        "SourceConditionNotMet",
        412,
        "The source condition specified using HTTP conditional header(s) is not met.",
    )
    TAGS_TOO_LARGE = ("TagsTooLarge", 400, "The tags specified are too large.")

    def __init__(self, code: str, status: int, message: str) -> None:
        self.code = code
        self.status = status
        self.message = message


class BlobError(Exception):
    """A request that is refused.

    Attributes:
        error: what is said, as the service would say it.
        detail: more for the person who reads it (which header, which name); may be empty.
        headers: response headers that belong to this error.
    """

    def __init__(self, error: ErrorCode, detail: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{error.code}: {error.message} {detail}".rstrip())
        self.error = error
        self.detail = detail
        self.headers = headers or {}

    def document(self, request_id: str, time: str) -> bytes:
        """The XML body, with the request's id and time in the message as the service has it."""
        detail = f"<Detail>{escape(self.detail)}</Detail>" if self.detail else ""
        return (
            '<?xml version="1.0" encoding="utf-8"?>'
            f"<Error><Code>{self.error.code}</Code>"
            f"<Message>{escape(self.error.message)}\nRequestId:{request_id}\nTime:{time}</Message>{detail}</Error>"
        ).encode("utf-8", "replace")
