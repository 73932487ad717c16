"""Which permissions of a shared access signature allow an operation: one of the letters is enough."""

_ANY = {
    "get": "r",
    "head": "r",
    "get_metadata": "r",
    "get_block_list": "r",
    "get_tags": "t",
    "set_tags": "t",
    "put": "w",
    "copy": "w",
    "put_block": "w",
    "put_block_list": "w",
    "set_metadata": "w",
    "set_properties": "w",
    "lease": "w",
    "delete": "d",
    "batch": "d",
    "list": "l",
    "find_blobs": "f",
    "get_account": "racwdl",
}
_CREATING = {"put", "copy", "put_block", "put_block_list"}
_ACCOUNT_ONLY = {
    "list_containers": "l",
    "create_container": "wc",
    "delete_container": "d",
    "get_container": "r",
    "set_container": "w",
    "lease_container": "w",
}


def needed(operation: str, *, of_account: bool, is_new: bool) -> str:
    """The letters of which a signature must have one; none if no signature of this kind allows the operation.

    Args:
        operation: as in the counters.
        of_account: whether the signature is the account's.
        is_new: whether the blob that the request names is not there yet: it may then be created (`c`).
    """
    if of_account and operation in _ACCOUNT_ONLY:
        return _ACCOUNT_ONLY[operation]
    return _ANY.get(operation, "") + ("c" if is_new and operation in _CREATING else "")
