"""The batches of social: each is one statement or one call, however many keys it is given."""

from datasources.social.profiles import Relation
from datasources.social.stores import Social
from loaders.batch import LoaderSet, many_by, one_by, page_by, value_by


class SocialLoaders(LoaderSet):
    domain = "social"
    stores = Social

    profile_by_id = one_by(lambda social: social.profiles.by_ids, key="id")
    profile_by_handle = one_by(lambda social: social.profiles.by_handles, key="handle")
    found_profiles = page_by(lambda social: social.profiles.search, lambda social: social.profiles.search_counts)
    followers = page_by(lambda social: social.profiles.followers, lambda social: social.profiles.follower_counts)
    following = page_by(lambda social: social.profiles.following, lambda social: social.profiles.following_counts)
    follow_requests = page_by(lambda social: social.profiles.requests, lambda social: social.profiles.request_counts)
    blocked = page_by(lambda social: social.profiles.blocked, lambda social: social.profiles.blocked_counts)
    relation = value_by(lambda social: social.profiles.relations, missing=Relation.NONE)
    post_by_id = one_by(lambda social: social.posts.by_ids, key="id")
    followed_post_by_id = one_by(lambda social: social.posts.followed_by_ids, key="id")
    posts_by_author = page_by(lambda social: social.posts.pages_by_author, lambda social: social.posts.counts_by_author)
    posts_by_product = page_by(
        lambda social: social.posts.pages_by_product, lambda social: social.posts.counts_by_product
    )
    found_posts = page_by(lambda social: social.posts.search, lambda social: social.posts.search_counts)
    mentioned_by_post = many_by(lambda social: social.posts.mentioned_in, key="post_id")
    products_by_post = many_by(lambda social: social.posts.products_of, key="post_id")
    comment_by_id = one_by(lambda social: social.posts.comments_by_ids, key="id")
    comments_by_post = page_by(lambda social: social.posts.comment_pages, lambda social: social.posts.comment_counts)
    reactions_by_post = many_by(lambda social: social.posts.reactions_of, key="post_id")
    own_reaction = value_by(lambda social: social.posts.own_reactions)
    review_by_id = one_by(lambda social: social.reviews.by_ids, key="id")
    reviews_by_product = page_by(
        lambda social: social.reviews.pages_by_product, lambda social: social.reviews.counts_by_product
    )
    reviews_by_author = page_by(
        lambda social: social.reviews.pages_by_author, lambda social: social.reviews.counts_by_author
    )
    review_summary = value_by(lambda social: social.reviews.summaries)
    conversation_by_id = one_by(lambda social: social.messages.conversations_by_ids, key="id")
    conversations = page_by(
        lambda social: social.messages.conversations, lambda social: social.messages.conversation_counts
    )
    members_by_conversation = many_by(lambda social: social.messages.members_of, key="conversation_id")
    message_by_id = one_by(lambda social: social.messages.by_ids, key="id")
    messages_by_conversation = page_by(lambda social: social.messages.pages, lambda social: social.messages.counts)
    unread_by_conversation = value_by(lambda social: social.messages.unread, missing=0)
    notification_by_id = one_by(lambda social: social.notifications.by_ids, key="id")
    notifications = page_by(lambda social: social.notifications.pages, lambda social: social.notifications.counts)
    recommended = value_by(lambda social: social.recommendations.of, remote=True)
    report_by_id = one_by(lambda social: social.moderation.reports_by_ids, key="id")
    reports = page_by(lambda social: social.moderation.reports, lambda social: social.moderation.report_counts)
    decision_by_id = one_by(lambda social: social.moderation.decisions_by_ids, key="id")
    decisions = page_by(lambda social: social.moderation.decisions, lambda social: social.moderation.decision_counts)
