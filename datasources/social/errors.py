"""What social refuses, where there is more to say than that an input is wrong."""

from datasources.errors import Refusal


class NoProfile(Refusal):
    code = "SOCIAL_NO_PROFILE"

    def __init__(self) -> None:
        super().__init__("You have no profile yet; make one by `createProfile` first.")


class HandleTaken(Refusal):
    code = "SOCIAL_HANDLE_TAKEN"

    def __init__(self) -> None:
        super().__init__("Somebody else has this handle; choose another.")


class NotBought(Refusal):
    code = "SOCIAL_NOT_BOUGHT"

    def __init__(self) -> None:
        super().__init__("Reviews are of what one has received; review it when your order was sent.")
